// Pawl needs a fresh PostgreSQL database; the backends are the server's side.
export default { pg: true, match: /^postgres/, env: {} };
