// Keeps the page readable without a network, once visited. One store for each release: what is in it never changes.
// (Nothing is kept yet: see below.)
