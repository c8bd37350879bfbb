package rds_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/descriptor"
)

// What contradicts itself is refused before anything is made, by a sentence that names a
// parameter to change.
func TestPrepare_Contradictions_AreRefused(t *testing.T) {
	t.Parallel()
	provider := newProvider(t, emulatortest.New(t), descriptor.Network{})
	const mysql, maria = `{"engine":"MySQL","engineVersion":"8.0","class":"mysql.n2.medium.1","storage":20,"database":"app","charset":"utf8mb4","selfDefine":true}`,
		`{"engine":"MariaDB","engineVersion":"10.6","class":"mariadb.n2.small.2c","storage":20,"storageType":"cloud_essd","database":"app","charset":"utf8mb4","selfDefine":true}`
	for name, tc := range map[string]struct{ settings, parameters, word string }{
		"ClassOfOtherEngine":      {mysql, `{"Class":"pg.n2.2c.1m"}`, "Class"},
		"ClassOfOtherCategory":    {mysql, `{"Class":"mysql.n2.medium.2c","Category":"Basic"}`, "Category"},
		"CategoryAlone":           {mysql, `{"Category":"HighAvailability"}`, "mysql.n2.medium.2c"},
		"VersionOfCloudDisk":      {mysql, `{"EngineVersion":"5.6"}`, "EngineVersion"},
		"VersionOfLocalDisk":      {mysql, `{"Class":"rds.mysql.s1.small","EngineVersion":"8.4"}`, "EngineVersion"},
		"LocalDiskOfCloudClass":   {mysql, `{"StorageType":"local_ssd"}`, "StorageType"},
		"CloudDiskOfLocalClass":   {mysql, `{"Class":"rds.mysql.s1.small","StorageType":"cloud_essd"}`, "StorageType"},
		"StandbyOfBasic":          {mysql, `{"StandbyZoneId":"Auto"}`, "StandbyZoneId"},
		"StandbySwitchOfBasic":    {mysql, `{"StandbyVSwitchID":"vsw-1"}`, "StandbyVSwitchID"},
		"OneVSwitchForBoth":       {mysql, `{"Class":"mysql.n2.small.2c","VSwitchID":"vsw-1","StandbyVSwitchID":"vsw-1"}`, "StandbyVSwitchID"},
		"StorageOfPL1":            {mysql, `{"Storage":15}`, "20"},
		"StorageOfPL2":            {mysql, `{"Storage":495,"StorageType":"cloud_essd2"}`, "500"},
		"StorageOfPL3":            {mysql, `{"Storage":1495,"StorageType":"cloud_essd3"}`, "1500"},
		"StorageOfGeneral":        {mysql, `{"Storage":5,"StorageType":"general_essd"}`, "10"},
		"StorageOfLocal":          {mysql, `{"Storage":4005,"Class":"rds.mysql.s1.small"}`, "4000"},
		"StorageOfMariaDB":        {maria, `{"Storage":1005}`, "1000"},
		"BasicMariaDB":            {maria, `{"Class":"mariadb.n2.small.1","Category":"HighAvailability"}`, "Category"},
		"ServerlessDisk":          {mysql, `{"Class":"mysql.n2.serverless.1c","StorageType":"general_essd","MinCapacity":1,"MaxCapacity":2}`, "cloud_essd"},
		"ServerlessWithoutBounds": {mysql, `{"Class":"mysql.n2.serverless.1c"}`, "MinCapacity"},
		"ServerlessUpsideDown":    {mysql, `{"Class":"mysql.n2.serverless.1c","MinCapacity":4,"MaxCapacity":2}`, "MinCapacity"},
		"ServerlessHalfMost":      {mysql, `{"Class":"mysql.n2.serverless.1c","MinCapacity":1,"MaxCapacity":2.5}`, "MaxCapacity"},
		"ServerlessTooMuch":       {mysql, `{"Class":"mysql.n2.serverless.1c","MinCapacity":1,"MaxCapacity":64}`, "32"},
		"ServerlessVersion":       {mysql, `{"Class":"mysql.n2.serverless.1c","EngineVersion":"8.4","MinCapacity":1,"MaxCapacity":2}`, "EngineVersion"},
		"BoundsOfFixedSize":       {mysql, `{"MinCapacity":1,"MaxCapacity":2}`, "Category"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := provider.Prepare(providers.Task{Kind: providers.Instance, Settings: json.RawMessage(tc.settings), Parameters: json.RawMessage(tc.parameters)})
			failure, ok := err.(*providers.Failure) //nolint:errorlint // Prepare returns it as it is
			if !ok || failure.Kind != providers.Invalid || !strings.Contains(failure.Text, tc.word) {
				t.Errorf("Prepare: %v, want an invalid one that names %s", err, tc.word)
			}
		})
	}
}
