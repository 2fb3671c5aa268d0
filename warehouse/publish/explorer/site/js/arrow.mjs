// What DuckDB-WASM imports of Apache Arrow, from the script that `sql.html` loads before it (Arrow's own module needs a
// bundler).

const { RecordBatchReader, Table, Type } = globalThis.Arrow;

export { RecordBatchReader, Table, Type };
