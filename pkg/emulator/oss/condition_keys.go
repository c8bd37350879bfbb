package oss

// conditionKeys returns the condition keys of a request besides those of every
// product (OSS documentation, "Policy syntax and elements"). A key that the request
// lacks is left out, so that an Allow with it does not apply and a Deny does.
func conditionKeys(r *request, action string) map[string][]string {
	keys := map[string][]string{"acs:UserAgent": {r.UserAgent()}}
	if r.caller.signed {
		keys["acs:AccessId"] = []string{r.caller.AccessKeyID}
	}
	if action == actionListObjects { // A500
		keys["oss:Prefix"], keys["oss:Delimiter"] = []string{r.query.Get("prefix")}, []string{r.query.Get("delimiter")}
	}
	for _, header := range []string{"x-oss-acl", "x-oss-object-acl"} {
		if value := r.Header.Get(header); value != "" {
			keys["oss:"+header] = []string{value}
		}
	}
	for _, t := range r.bucket.tags {
		keys["oss:BucketTag/"+t.Key] = []string{t.Value}
	}
	return keys
}
