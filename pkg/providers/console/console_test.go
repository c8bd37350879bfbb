package console

import "testing"

func pages() map[Site]Pages {
	return map[Site]Pages{
		China:         {Resource: "https://c.example/{region}/{resource}", List: "https://c.example/{region}"},
		International: {Resource: "https://i.example/{resource}?region={region}"},
	}
}

func TestPages_Address_FollowsTheChoice(t *testing.T) {
	own := map[string]string{"rds": "https://portal.example/{region}?db={resource}"}
	for name, c := range map[string]struct {
		choice           Choice
		region, id, want string
	}{
		"default":          {Choice{}, "cn-hangzhou", "rm-1", "https://c.example/cn-hangzhou/rm-1"},
		"id unknown":       {Choice{}, "cn-hangzhou", "", "https://c.example/cn-hangzhou"},
		"international":    {Choice{Site: International}, "eu-west-1", "rm-1", "https://i.example/rm-1?region=eu-west-1"},
		"no list":          {Choice{Site: International}, "eu-west-1", "", ""},
		"off":              {Choice{Site: Off}, "cn-hangzhou", "rm-1", ""},
		"own":              {Choice{Templates: own}, "cn-hangzhou", "rm-1", "https://portal.example/cn-hangzhou?db=rm-1"},
		"own while off":    {Choice{Site: Off, Templates: own}, "cn-hangzhou", "rm-1", "https://portal.example/cn-hangzhou?db=rm-1"},
		"own, id unknown":  {Choice{Templates: own}, "cn-hangzhou", "", ""},
		"own, for finance": {Choice{Templates: own}, "cn-hangzhou-finance", "rm-1", "https://portal.example/cn-hangzhou-finance?db=rm-1"},
		"finance":          {Choice{}, "cn-hangzhou-finance", "rm-1", ""},
		"government":       {Choice{}, "cn-north-2-gov-1", "rm-1", ""},
		"no region":        {Choice{}, "", "rm-1", ""},
		"id with a slash":  {Choice{}, "cn-hangzhou", "a/b?c", "https://c.example/cn-hangzhou/a%2Fb%3Fc"},
	} {
		if got := c.choice.Of("rds", pages()).Address(c.region, c.id); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestChoice_BadValue_IsRefused(t *testing.T) {
	services := []string{"oss", "rds"}
	for name, c := range map[string]Choice{
		"site":        {Site: "example.com"},
		"service":     {Templates: map[string]string{"redis": "https://x.example/{resource}"}},
		"no URL":      {Templates: map[string]string{"oss": "x"}},
		"no web":      {Templates: map[string]string{"oss": "javascript:alert({resource})"}},
		"password":    {Templates: map[string]string{"oss": "https://user:secret@x.example/{resource}"}},
		"placeholder": {Templates: map[string]string{"oss": "https://x.example/{account}"}},
	} {
		if err := c.Check(services); err == nil {
			t.Errorf("%s: %+v is taken", name, c)
		}
	}
	for _, c := range []Choice{{}, {Site: China}, {Site: International}, {Site: Off}, {Templates: map[string]string{"oss": "https://x.example/{region}/{resource}"}}} {
		if err := c.Check(services); err != nil {
			t.Errorf("%+v: %v", c, err)
		}
	}
}
