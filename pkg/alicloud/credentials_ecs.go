package alicloud

import (
	"context"
	"encoding/json"
)

// ECSRole returns a source of the temporary keys of the RAM role that is
// attached to the ECS instance; if name is empty, the service returns it.
func ECSRole(m *Metadata, name string) CredentialsSource {
	const path = "ram/security-credentials/"
	return newCached("ecs_role", func(ctx context.Context) (Key, error) {
		role := name
		if role == "" {
			var err error
			if role, err = m.get(ctx, path); err != nil {
				return Key{}, credentialsError("ECSRole", "no RAM role is attached to this machine, or it is no ECS instance", err)
			}
		}
		body, err := m.get(ctx, path+role)
		if err != nil {
			return Key{}, credentialsError("ECSRole", "the RAM role gives no key", err)
		}
		var answer struct {
			AccessKeyID     string `json:"AccessKeyId"`
			AccessKeySecret string `json:"AccessKeySecret"`
			SecurityToken   string `json:"SecurityToken"`
			Expiration      string `json:"Expiration"`
			Code            string `json:"Code"`
		}
		if json.Unmarshal([]byte(body), &answer) != nil || answer.Code != "Success" {
			return Key{}, credentialsError("ECSRole", "the answer of the metadata service holds no key", nil)
		}
		return temporaryKey("ECSRole", answer.AccessKeyID, answer.AccessKeySecret, answer.SecurityToken, answer.Expiration)
	})
}
