package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"
	official "github.com/aliyun/credentials-go/credentials"
)

// The variables of a pod that assumes a role, as ACK's webhook sets them and the
// official SDKs read them.
const (
	envTokenFile   = "ALIBABA_CLOUD_OIDC_TOKEN_FILE"
	envSTSEndpoint = "ALIBABA_CLOUD_STS_ENDPOINT"
)

// assumeRole returns credentials of the role of a binding: the official library
// exchanges the token of the pod's service account for them, and does so again
// before they expire.
func assumeRole(secret map[string]string, e env) (credentials.CredentialsProvider, error) {
	config := new(official.Config).SetType("oidc_role_arn").
		SetRoleArn(secret["role_arn"]).SetOIDCProviderArn(secret["oidc_provider_arn"]).SetRoleSessionName("client")
	config.SetOIDCTokenFilePath(e.get(envTokenFile))
	if endpoint := e.get(envSTSEndpoint); endpoint != "" {
		config.SetSTSEndpoint(endpoint)
	}
	role, err := official.NewCredential(config)
	if err != nil {
		return nil, fmt.Errorf("%w: the pod has no token (%s): %w", errUsage, envTokenFile, err)
	}
	provider := credentials.CredentialsProviderFunc(func(context.Context) (credentials.Credentials, error) {
		session, err := role.GetCredential()
		if err != nil {
			return credentials.Credentials{}, err
		}
		return credentials.Credentials{AccessKeyID: *session.AccessKeyId, AccessKeySecret: *session.AccessKeySecret, SecurityToken: *session.SecurityToken}, nil
	})
	if _, err := role.GetCredential(); err != nil {
		return nil, stsError(err)
	}
	return provider, nil
}

// stsError marks refusals of STS (STS API, "Error codes") as errDenied.
func stsError(err error) error {
	for _, code := range []string{"AuthenticationFail.", "EntityNotExist.Role", "NoPermission"} {
		if strings.Contains(err.Error(), code) {
			return fmt.Errorf("%w: %w", errDenied, err)
		}
	}
	return err
}
