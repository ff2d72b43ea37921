# The server alone, in production mode. Configuration is mounted; the demo, the tests and their packages stay outside.
# The Debian with the client of the PostgreSQL that the compositions run: pg_dump refuses a newer server.
FROM node:24-trixie-slim
ENV NODE_ENV=production \
    GATEHOUSE_MODE=production \
    GATEHOUSE_CONFIG_DIR=/etc/gatehouse \
    GATEHOUSE_DATA_DIR=/var/lib/gatehouse \
    NODE_COMPILE_CACHE=/var/lib/gatehouse/compiled \
    HOST=0.0.0.0 \
    PORT=3000
# pg_dump, pg_restore and psql, for backup and restore.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends postgresql-client-17 \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY package.json package-lock.json ./
# Without the optional packages, which are Node itself; without install scripts: argon2 brings its binaries along.
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund && npm cache clean --force
COPY bin bin
COPY migrations migrations
COPY views views
COPY src src
# Owned by root and readable: what runs cannot change itself. The data directory is for the embedded database, and for what has
# been compiled: a volume that is mounted there belongs to the user that the folder has here.
RUN ln -s /app/bin/gatehouse /usr/local/bin/gatehouse \
    && mkdir -p /etc/gatehouse \
    && install -d -o node -g node -m 0700 /var/lib/gatehouse /var/lib/gatehouse/compiled
USER node
EXPOSE 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
    CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/readyz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["gatehouse", "serve"]
