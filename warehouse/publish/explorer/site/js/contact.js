// Links by which readers correct, join or withdraw: a pre-filled mail, or a pre-filled new issue.

import { t } from "./i18n.js";

/** Address of a message about an initiative; null where the publication names no contact. */
export function message(contact, kind, { id, title, page }) {
  if (!contact) return null;
  const subject = t(`message.${kind}.subject`, { title, id });
  const body = t(`message.${kind}.body`, { title, id, page });
  if (contact.includes("@") && !contact.startsWith("https://")) {
    return `mailto:${encodeURIComponent(contact).replace("%40", "@")}?subject=${encodeURIComponent(subject)}&body=${encodeURIComponent(body)}`;
  }
  const url = new URL(contact);
  const gitlab = url.pathname.includes("/-/issues");
  url.searchParams.set(gitlab ? "issue[title]" : "title", subject);
  url.searchParams.set(gitlab ? "issue[description]" : "body", body);
  return url.href;
}
