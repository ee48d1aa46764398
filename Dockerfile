# Landfall's images. `production` is the service and its CLI; `demo` adds the sandbox, for `landfall demo` and `sandbox`.
#   docker build --target production -t landfall .
#   docker build --target demo -t landfall:demo .
FROM node:24-bookworm-slim AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# No install script is needed at run time, and none is run: the package `node` is for development.
RUN npm ci --omit=dev --ignore-scripts && npm cache clean --force

FROM node:24-bookworm-slim AS production
ENV NODE_ENV=production \
    # In a container loopback is nobody's: what may reach the port is for the container's network to say.
    LANDFALL_HTTP_HOST=0.0.0.0 \
    # Set here, it goes before the file's: EXPOSE and HEALTHCHECK know no other.
    LANDFALL_HTTP_PORT=9320 \
    LANDFALL_CONFIG=/etc/landfall/landfall.yaml \
    # On a machine with much memory V8 collects so late that the process weighs twice what it holds (docs/performance.md).
    NODE_OPTIONS="--max-semi-space-size=8 --max-old-space-size=384"
WORKDIR /app
# For `docker exec <container> landfall status`.
RUN ln -s /app/src/cli.ts /usr/local/bin/landfall
COPY --from=packages /app/node_modules ./node_modules
COPY package.json landfall.example.yaml LICENSE ./
COPY src ./src
USER node
EXPOSE 9320
# Liveness only: restarting a container mends no Redis and no AWS. The start waits up to a minute for Redis before it serves.
HEALTHCHECK --interval=10s --timeout=5s --start-period=90s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.LANDFALL_HTTP_PORT}/livez`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
STOPSIGNAL SIGTERM
# Node itself is process 1, so that SIGTERM reaches it.
ENTRYPOINT ["node", "/app/src/cli.ts"]
CMD ["run"]

FROM node:24-bookworm-slim AS sandbox-packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY scripts/sandbox-packages.mjs ./scripts/
# The sandbox's packages are development packages: these few are taken as the lock file has them, and no others.
RUN mkdir /sandbox && tar -c $(node scripts/sandbox-packages.mjs) | tar -x -C /sandbox

FROM production AS demo
COPY --from=sandbox-packages /sandbox/node_modules ./node_modules
COPY sandbox ./sandbox
# The demo brings its own estate and health port; no landfall.yaml is needed.
HEALTHCHECK NONE
CMD ["demo"]
