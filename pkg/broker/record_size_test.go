package broker

import (
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

func TestSizeOf_OpenSecrets_CountsThemAndKeepsThem(t *testing.T) {
	secret := store.Seal([]byte("secret"))
	digest := store.BodyDigest([]byte("body"))
	r := store.Record{
		Key: store.Key{InstanceID: "i"}, Want: &store.Spec{Prepared: secret, Bodies: map[string]string{"manifest": digest}},
		Bodies: map[string]store.Sealed{digest: secret},
	}
	size, err := sizeOf(r)
	if err != nil {
		t.Fatal(err)
	}
	for what, s := range map[string]store.Sealed{"body's key": r.Bodies[digest], "plan": r.Want.Prepared} {
		if plain, err := s.Open(); err != nil || string(plain) != "secret" {
			t.Errorf("sizeOf changed the %s into %q (%v)", what, plain, err)
		}
	}
	r.Bodies = nil
	without, err := sizeOf(r)
	if least := len(digest) + len("secret") + boxOverhead; err != nil || size-without < least {
		t.Errorf("the key counts %d bytes (%v), want %d or more", size-without, err, least)
	}
}
