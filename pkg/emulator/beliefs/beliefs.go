// Package beliefs asks what the emulator believes about Alibaba Cloud.
//
// docs/emulator.md numbers every belief; each number has a test of its name
// here, TestA001 and so on. A test always asks the emulator. With
// ALIBABA_CLOUD_LIVE=1 and ALIBABA_CLOUD_ACCESS_KEY_ID and _SECRET in the
// environment it asks the real cloud the same question, where it can; what
// would cost more than cents only with ALIBABA_CLOUD_LIVE_SPEND=1 too, and
// ALIBABA_CLOUD_VPC_ID and ALIBABA_CLOUD_VSWITCH_ID for its instances. The
// region is ALIBABA_CLOUD_REGION, or cn-hangzhou. What is made is named belief-
// and removed at the end.
//
//	ALIBABA_CLOUD_LIVE=1 go test -v -count=1 ./pkg/emulator/beliefs
package beliefs
