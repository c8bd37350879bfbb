package sqllogin

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// verifier returns the form in which servers keep a password (RFC 5803, with the keys
// of RFC 5802), so that the password itself is in no statement, which servers log. The
// passwords of this package are ASCII, which SASLprep leaves as it is.
func verifier(password providers.Secret) (string, error) {
	const rounds = 4096 // as PostgreSQL's own
	salt := make([]byte, 16)
	_, _ = rand.Read(salt) // never fails
	salted, err := pbkdf2.Key(sha256.New, password.Reveal(), salt, rounds, sha256.Size)
	if err != nil {
		return "", err
	}
	clientKey, serverKey := keyed(salted, "Client Key"), keyed(salted, "Server Key")
	storedKey := sha256.Sum256(clientKey)
	encode := base64.StdEncoding.EncodeToString
	return fmt.Sprintf("%s$%d:%s$%s:%s", mechanism, rounds, encode(salt), encode(storedKey[:]), encode(serverKey)), nil
}

// mechanism begins every verifier.
const mechanism = "SCRAM-SHA-256"

func keyed(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}
