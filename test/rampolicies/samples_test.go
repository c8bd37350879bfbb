package rampolicies_test

// logBucket is a bucket of the account, for the logs of others.
const logBucket = "logs-of-the-account"

// samples are values of each parameter of the plans: for a provision, and for an
// update after it; nil takes the value back, and an absent one leaves it. Together
// they let the broker make every call that an option needs. A parameter of the
// plans that is missing here fails the test.
func samples() map[string][]any {
	type object = map[string]any
	return map[string][]any{
		"Region":               {}, // the bucket for logs is in the broker's; walkPlan has another
		"Acl":                  {"private", "public-read"},
		"StorageClass":         {"Standard"},
		"BlockPublicAccess":    {true, false},
		"Redundancy":           {"LRS", "ZRS"},
		"Versioning":           {"Enabled", "Suspended"},
		"Encryption":           {object{"SSEAlgorithm": "KMS", "KMSMasterKeyID": "key-1"}, nil},
		"Lifecycle":            {[]any{object{"Expiration": object{"Days": 7}}}, nil},
		"Cors":                 {[]any{object{"AllowedOrigin": []any{"*"}, "AllowedMethod": []any{"GET"}}}, nil},
		"Logging":              {object{"TargetBucket": logBucket}, nil},
		"Referer":              {object{"AllowEmptyReferer": false}, nil},
		"TransferAcceleration": {true, false},
		"Tags":                 {object{"team": "a"}, object{"team": "b"}},
		"ResourceGroupId":      {"rg-before", "rg-after"},
		"NamePrefix":           {"team-a"},
		"AccessKeyId":          {}, // the calls are then the user's
		"AccessKeySecret":      {},

		"Engine":        {"MySQL"},
		"EngineVersion": {"5.7"},
		"Class":         {"rds.mysql.s1.small", "rds.mysql.m1.medium"},
		"Storage":       {50, 100},
		"NetworkType":   {"VPC"},
		"VpcID":         {"vpc-cnhangzhou0default"},
		"VSwitchID":     {"vsw-cnhangzhou0h"},
		"ZoneId":        {"cn-hangzhou-h"},

		"Databases":          {[]any{object{"DBName": "app"}}, []any{object{"DBName": "app"}, object{"DBName": "more"}}},
		"Whitelist":          {[]any{"10.9.0.0/16"}, []any{}},
		"SecurityGroupIds":   {[]any{"sg-1"}, []any{}},
		"SSL":                {"Enabled", "Disabled"},
		"Backup":             {object{"BackupRetentionPeriod": 14}, object{"BackupRetentionPeriod": 15}},
		"MaintainTime":       {"22:00Z-02:00Z", "21:00Z-02:00Z"},
		"Parameters":         {object{"max_connections": 200}, object{"max_connections": 201}},
		"ForceRestart":       {true},
		"PublicEndpoint":     {true, false},
		"TimeZone":           {}, // of the order, as the engine writes it
		"EncryptionKey":      {}, // of the order
		"DeletionProtection": {true, false},
	}
}

// unfit are the parameters that the servers of a plan lack, by a word of its settings.
func unfit() map[string][]string {
	return map[string][]string{
		`"engine":"MariaDB"`: {"SSL", "SecurityGroupIds"},
		`pg.n2.serverless`:   {"SSL"},
	}
}

// privateSamples replace samples under plans whose buckets are private.
func privateSamples() map[string][]any {
	return map[string][]any{"Acl": {"private"}, "BlockPublicAccess": {true}}
}
