# The image of akol-mock: the program alone, which checks its own health.
#
#     docker build -t akol-mock .
#     docker run --rm -p 2565:2565 akol-mock
#
# For another kind of machine: docker buildx build --platform linux/arm64 (or linux/amd64) .

# The dependencies, in a layer that stays until Cargo.toml or Cargo.lock change: built for a program that does nothing.
FROM rust:1.95-alpine AS dependencies
WORKDIR /build
COPY Cargo.toml Cargo.lock ./
COPY benches/Cargo.toml benches/Cargo.toml
COPY crates/world/Cargo.toml crates/world/Cargo.toml
COPY tests/features/Cargo.toml tests/features/Cargo.toml
RUN mkdir -p src crates/world/src \
    && echo 'fn main() {}' > src/main.rs \
    && echo 'fn main() {}' > build.rs \
    && touch src/lib.rs crates/world/src/lib.rs \
    && cargo build --release --locked \
    && cargo clean --release --locked --package akol-mock --package akol-mock-world \
    && rm -r src crates/world/src build.rs

# On Alpine, programs are linked statically: this one needs nothing around it.
FROM dependencies AS build
COPY build.rs build.rs
COPY crates crates
COPY fixtures fixtures
COPY openapi openapi
COPY src src
RUN cargo build --release --locked

FROM scratch
COPY --from=build /build/target/release/akol-mock /akol-mock
# A program that needs more than itself would fail here, not at its first start.
RUN ["/akol-mock", "--version"]
# Nobody in particular; nothing is written, so any number will do.
USER 65532:65532
# Inside a container, 127.0.0.1 could not be reached from outside.
ENV AKOL_MOCK_LISTEN=0.0.0.0:2565
EXPOSE 2565
HEALTHCHECK --interval=2s --timeout=5s --start-period=10s --retries=3 \
    CMD ["/akol-mock", "healthcheck", "--timeout", "4s"]
ENTRYPOINT ["/akol-mock"]
