# Landfall's images (docs/containers.md), smallest first; each holds what the one before holds, and more:
#   slim        the service and its CLI, without database dumps, `audit --inventory` and traces
#   production  all that has a use: PostgreSQL's client tools, gpg, DuckDB, OpenTelemetry; what a build without --target makes
#   drill       and a PostgreSQL server, for `landfall drill dump` on a scratch server of its own
#   demo        and the sandbox, for `landfall demo` and `landfall sandbox`
# What changes seldom comes first: a change of code installs no package anew.
#
# The base's Debian release: bookworm has PostgreSQL 15, trixie 17, bullseye 13.
ARG DEBIAN=bookworm

FROM node:24-${DEBIAN}-slim AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# No install script is needed at run time, and none is run: the package `node` is for development. What only compilers
# and debuggers read goes.
RUN npm ci --omit=dev --omit=optional --ignore-scripts && npm cache clean --force \
  && find node_modules -type f \( -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' -o -name '*.map' \) -delete

FROM packages AS compiled
COPY src ./src
USER node
# Node's compile cache, which a read-only root could not take: a quarter off the CPU that a command's start needs.
RUN for command in run status 'dump run'; do node src/cli.ts $command --help > /dev/null; done

FROM node:24-${DEBIAN}-slim AS base
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
USER node
EXPOSE 9320
# Liveness only: restarting a container mends no Redis and no AWS. The start waits up to a minute for Redis before it serves.
HEALTHCHECK --interval=10s --timeout=5s --start-period=90s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.LANDFALL_HTTP_PORT}/livez`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
STOPSIGNAL SIGTERM
# Node itself is process 1, so that SIGTERM reaches it.
ENTRYPOINT ["node", "/app/src/cli.ts"]
CMD ["run"]

FROM base AS slim
COPY --from=packages /app/node_modules ./node_modules
COPY package.json landfall.example.yaml LICENSE ./
COPY src ./src
COPY --from=compiled /home/node/.cache /home/node/.cache

FROM node:24-${DEBIAN}-slim AS optional-packages
WORKDIR /app
COPY package.json package-lock.json .npmrc scripts/optional-packages.mjs ./
RUN npm ci --omit=dev --ignore-scripts && npm cache clean --force
RUN mkdir /optional && tar -c $(node optional-packages.mjs) | tar -x -C /optional

FROM base AS client
# Major versions; Landfall takes the newest that it finds. What the base's Debian lacks needs a source in deploy/apt.
ARG POSTGRES=15
USER root
COPY deploy/apt /tmp/apt
RUN find /tmp/apt -name '*.sources' -exec mv -t /etc/apt/sources.list.d/ {} + \
  && apt-get update -qq \
  && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    gpg $(for major in $POSTGRES; do echo "postgresql-client-$major"; done) \
  && rm -rf /var/lib/apt/lists/* /var/cache/apt /tmp/apt
USER node

FROM client AS production
COPY --from=packages /app/node_modules ./node_modules
COPY --from=optional-packages /optional/node_modules ./node_modules
COPY package.json landfall.example.yaml LICENSE ./
COPY src ./src
COPY --from=compiled /home/node/.cache /home/node/.cache

FROM client AS server
ARG POSTGRES=15
USER root
# The server alone: Debian would make a cluster at its installation, and start it.
RUN mkdir -p /etc/postgresql-common && echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.conf \
  && apt-get update -qq \
  && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    $(for major in $POSTGRES; do echo "postgresql-$major"; done) \
  && rm -rf /var/lib/apt/lists/* /var/cache/apt
USER node

FROM server AS drill
COPY --from=packages /app/node_modules ./node_modules
COPY --from=optional-packages /optional/node_modules ./node_modules
COPY package.json landfall.example.yaml LICENSE ./
COPY src ./src
COPY --from=compiled /home/node/.cache /home/node/.cache

FROM node:24-${DEBIAN}-slim AS sandbox-packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY scripts/sandbox-packages.mjs ./scripts/
# The sandbox's packages are development packages: these few are taken as the lock file has them, and no others.
RUN mkdir /sandbox && tar -c $(node scripts/sandbox-packages.mjs) | tar -x -C /sandbox

FROM drill AS demo
COPY --from=sandbox-packages /sandbox/node_modules ./node_modules
COPY sandbox ./sandbox
# The demo brings its own estate and health port; no landfall.yaml is needed.
HEALTHCHECK NONE
CMD ["demo"]

# The last one is what a build without a target makes.
FROM production
