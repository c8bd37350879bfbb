package password_test

import (
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/password"
)

func TestNew_Rules_AreKept(t *testing.T) {
	seen := map[providers.Secret]bool{}
	for range 2000 {
		p := password.New()
		if len(p) != 28 || password.Check(p.Reveal()) != nil || seen[p] {
			t.Fatalf("a password of %d characters breaks the rules, or came twice", len(p))
		}
		seen[p] = true
	}
}
