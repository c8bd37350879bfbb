package dbaccount

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/password"
)

const superName = "ssuperaccount"

// life returns a life for tests of one binding.
func life() providers.Life {
	return providers.Life{BrokerID: "b", Incarnation: "0123456789abcdef0123456789abcdef"}
}

// prepared prepares a binding on a server with a limit on names.
func prepared(t *testing.T, parameters string, limit int) (plan, error) {
	t.Helper()
	kind := New(Config{Server: func(providers.Task) (Server, error) { return Server{NameLimit: limit, SuperName: superName}, nil }})
	raw, err := kind.Prepare(providers.Task{
		Kind: providers.Binding, Life: life(), BindingID: "b", Parameters: json.RawMessage(parameters), Of: &providers.Task{},
	})
	var p plan
	if err == nil {
		err = json.Unmarshal(raw, &p)
	}
	return p, err
}

func wantInvalid(t *testing.T, err error, word string) {
	t.Helper()
	var f *providers.Failure
	if !errors.As(err, &f) || f.Kind != providers.Invalid || !strings.Contains(f.Text, word) {
		t.Errorf("error = %v, want an invalid one that names %s", err, word)
	}
}

func TestPrepare_NoParameters_DrawsNameAndPassword(t *testing.T) {
	for name, parameters := range map[string]string{"Nothing": ``, "Nulls": `{"Username":null,"Password":null}`, "Empty": `{"Username":"","Password":""}`} {
		p, err := prepared(t, parameters, 16)
		if err != nil {
			t.Fatal(err)
		}
		if len(p.Username) != 16 || checkUsername(p.Username, Server{NameLimit: 16}) != nil || p.Chosen {
			t.Errorf("%s: user name %q, chosen %v", name, p.Username, p.Chosen)
		}
		if len(p.Password) < 24 || password.Check(p.Password.Reveal()) != nil {
			t.Errorf("%s: a password of %d characters", name, len(p.Password))
		}
	}
	first, err := prepared(t, ``, 16)
	if err != nil {
		t.Fatal(err)
	}
	if second, err := prepared(t, ``, 16); err != nil || second.Password == first.Password || second.Username != first.Username {
		t.Errorf("the same life: same password %v, names %s and %s", second.Password == first.Password, first.Username, second.Username)
	}
}

func TestPrepare_Parameters_AreCheckedByTheRules(t *testing.T) {
	long := strings.Repeat("a", 32)
	for name, tc := range map[string]struct {
		parameters string
		limit      int
		refused    string
	}{
		"Chosen":               {parameters: `{"Username":"my_User1","Password":"Abc!@#$%^&*()_+-=1"}`, limit: 16},
		"LongName":             {parameters: `{"Username":"` + long + `"}`, limit: 32},
		"LongNameOnOldServers": {parameters: `{"Username":"` + long + `"}`, limit: 16, refused: "Username"},
		"TooLong":              {parameters: `{"Username":"` + long + `a"}`, limit: 32, refused: "Username"},
		"OneLetter":            {parameters: `{"Username":"a"}`, limit: 32, refused: "Username"},
		"BeginsWithDigit":      {parameters: `{"Username":"1a"}`, limit: 32, refused: "Username"},
		"EndsInUnderscore":     {parameters: `{"Username":"a_"}`, limit: 32, refused: "Username"},
		"Injection":            {parameters: `{"Username":"a'@'%"}`, limit: 32, refused: "Username"},
		"TheSuperAccounts":     {parameters: `{"Username":"` + superName + `"}`, limit: 16, refused: "Username"},
		"ShortPassword":        {parameters: `{"Password":"Abc123!"}`, limit: 16, refused: "Password"},
		"LongPassword":         {parameters: `{"Password":"A1` + long + `"}`, limit: 16, refused: "Password"},
		"TwoKinds":             {parameters: `{"Password":"abcdefgh1"}`, limit: 16, refused: "Password"},
		"AlienCharacter":       {parameters: `{"Password":"Abcdefg1 "}`, limit: 16, refused: "Password"},
		"AlienLetter":          {parameters: `{"Password":"Abcdefg1ü"}`, limit: 16, refused: "Password"},
		"Number":               {parameters: `{"Password":12345678}`, limit: 16, refused: "Password"},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := prepared(t, tc.parameters, tc.limit)
			if tc.refused != "" {
				wantInvalid(t, err, tc.refused)
				return
			}
			if err != nil || !p.Chosen {
				t.Errorf("chosen %v, %v", p.Chosen, err)
			}
		})
	}
}
