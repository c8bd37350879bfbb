package bolt_test

import (
	"path/filepath"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/bolt"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/storetest"
)

func TestBolt_Contract_IsKept(t *testing.T) {
	storetest.Run(t, func(t *testing.T, dir string) store.Store {
		s, err := bolt.Open(filepath.Join(dir, "broker.db"), nil)
		if err != nil {
			t.Fatal(err)
		}
		return s
	})
}
