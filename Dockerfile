# oidc-cli with a browser, for CI jobs and schedules: docker build --tag oidc-cli .
FROM node:24-bookworm-slim AS build
WORKDIR /oidc-cli
COPY . .
# What is needed to build goes again; playwright-core, an optional peer, stays.
RUN npm ci --no-audit --no-fund \
 && mv node_modules/playwright-core /tmp/ \
 && npm prune --omit=dev --ignore-scripts --no-audit --no-fund \
 && mv /tmp/playwright-core node_modules/

FROM node:24-bookworm-slim
# The fonts are for screenshots: of pages in Latin script, and in Japanese.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends ca-certificates chromium fonts-ipafont-gothic fonts-liberation \
 && rm -rf /var/lib/apt/lists/*
# A container gives Chromium no namespaces for a sandbox of its own; the container is the one around it.
RUN echo 'export CHROMIUM_FLAGS="$CHROMIUM_FLAGS --no-sandbox"' > /etc/chromium.d/container
COPY --from=build /oidc-cli/package.json /oidc-cli/package.json
COPY --from=build /oidc-cli/bin /oidc-cli/bin
COPY --from=build /oidc-cli/schema /oidc-cli/schema
COPY --from=build /oidc-cli/node_modules /oidc-cli/node_modules
COPY --from=build /oidc-cli/dist/bundle /oidc-cli/dist/bundle
RUN ln -s /oidc-cli/bin/oidc-cli.js /usr/local/bin/oidc-cli
# The user "node" of the image, by number: Kubernetes' runAsNonRoot believes only numbers.
USER 1000
ENV HOME=/home/node
WORKDIR /work
ENTRYPOINT ["oidc-cli"]
CMD ["smoke"]
