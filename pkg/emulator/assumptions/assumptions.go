// Package assumptions verifies the assumptions that the emulator makes about
// Alibaba Cloud.
//
// docs/emulator.md numbers each assumption; each number has one test here,
// TestA001 and so on. A test always verifies the emulator. With
// ALIBABA_CLOUD_LIVE=1 and ALIBABA_CLOUD_ACCESS_KEY_ID and _SECRET in the
// environment it verifies the real cloud too, where that is possible; a test
// that costs more than cents also needs ALIBABA_CLOUD_LIVE_SPEND=1, and
// ALIBABA_CLOUD_VPC_ID and ALIBABA_CLOUD_VSWITCH_ID for its instances. The
// region is ALIBABA_CLOUD_REGION, or cn-hangzhou. Resources are named check-...
// and removed at the end.
//
//	ALIBABA_CLOUD_LIVE=1 go test -v -count=1 ./pkg/emulator/assumptions
package assumptions
