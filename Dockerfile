# What make image writes without Docker, for those who use it:
#   docker build -t alibabacloud-servicebroker --build-arg VERSION=$(git describe --tags --always) .
#   docker build -t alibabacloud-emulator --target emulator .
FROM --platform=$BUILDPLATFORM golang:1.26.8-bookworm@sha256:a688600ca24f8a4d3ca77f95b0dd40704a9fc787c826660eb7ba0b641b8b175d AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG TARGETARCH
ARG VERSION=unknown
RUN make image-programs GOARCH=$TARGETARCH VERSION=$VERSION DIST=/out && mkdir -m 700 /out/data

FROM gcr.io/distroless/static-debian13:nonroot@sha256:e2e927ec666bae08560abb3c55d0659eceabb657f56b6782ab500a9fc7f555e3 AS base
ARG VERSION=unknown
LABEL org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.source="https://github.com/AliyunContainerService/open-service-broker-alibabacloud" \
      org.opencontainers.image.version="$VERSION"
COPY --from=build --chown=65532:65532 /out/data /data
USER 65532:65532
WORKDIR /

FROM base AS emulator
ARG TARGETARCH
LABEL org.opencontainers.image.title="Alibaba Cloud emulator" \
      org.opencontainers.image.description="Emulator of the parts of Alibaba Cloud that the broker uses, without database servers"
COPY --from=build /out/linux-$TARGETARCH/alibabacloud-emulator /alibabacloud-emulator
ENV EMULATOR_LISTEN=:8007
EXPOSE 8007/tcp
ENTRYPOINT ["/alibabacloud-emulator"]

FROM base AS broker
ARG TARGETARCH
LABEL org.opencontainers.image.title="Alibaba Cloud Service Broker" \
      org.opencontainers.image.description="Open Service Broker for Alibaba Cloud"
COPY --from=build /out/linux-$TARGETARCH/alibabacloud-servicebroker /alibabacloud-servicebroker
ENV DATA_DIR=/data LISTEN=:8005 METRICS_LISTEN=:8009 OPS_LISTEN=:8006
EXPOSE 8005/tcp 8006/tcp 8009/tcp
ENTRYPOINT ["/alibabacloud-servicebroker"]
