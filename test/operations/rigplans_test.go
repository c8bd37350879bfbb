package operations_test

import (
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/catalog"
)

// rigPlans offers the rig's services: the real ones, with short schemas.
const rigPlans = `
offerings:
- id: rds-id
  name: rds
  description: A database server.
  provider: rds
  bindable: true
  metadata: {displayName: RDS}
  plans:
  - id: rds-small
    name: small
    description: A small one.
    free: false
    updateable: true
    settings: {engine: MySQL, engineVersion: "5.6", class: rds.mysql.t1.small, storage: 20, database: app, charset: utf8mb4}
    deletion: delete
    slow: [provision, update, deprovision]
    deadline: 90m
    rotatable: true
    secret: [Password]
    fresh: [Username, Password]
    schemas: &account
      bind:
        $schema: http://json-schema.org/draft-04/schema#
        type: object
        additionalProperties: false
        properties:
          Username: {type: string}
          Password: {type: string}
  - id: rds-large
    name: large
    description: A large one.
    free: false
    settings: {engine: MySQL, engineVersion: "5.6", class: rds.mysql.s1.small, storage: 20, database: app, charset: utf8mb4}
    deletion: delete
    slow: [provision, update, deprovision]
    deadline: 90m
    rotatable: true
    secret: [Password]
    fresh: [Username, Password]
    schemas: *account
- id: oss-id
  name: oss
  description: A bucket.
  provider: oss
  bindable: true
  metadata: {displayName: OSS}
  plans:
  - id: oss-small
    name: small
    description: A bucket.
    free: false
    updateable: false
    settings: {acl: private, storageClass: Standard}
    deletion: refuse
    deadline: 1h
    rotatable: true
    schemas:
      update:
        $schema: http://json-schema.org/draft-04/schema#
        type: object
        additionalProperties: false
        properties:
          Acl: {type: string}
  - id: oss-options
    name: options
    description: A bucket with options.
    free: false
    updateable: false
    settings:
      acl: private
      storageClass: Standard
      bindingKinds: [ram, role]
      versioning: Enabled
      encryption: {SSEAlgorithm: AES256}
      lifecycle: [{Expiration: {Days: 7}}]
      cors: [{AllowedOrigin: ["https://example.com"], AllowedMethod: [GET]}]
      tags: {team: blue}
    deletion: empty
    deadline: 1h
    rotatable: true
    schemas:
      update:
        $schema: http://json-schema.org/draft-04/schema#
        type: object
        additionalProperties: false
        properties:
          Versioning: {type: string}
          Lifecycle: {type: array}
          Cors: {type: array}
      bind:
        $schema: http://json-schema.org/draft-04/schema#
        type: object
        additionalProperties: false
        properties:
          ServiceAccount: {type: string}
          Access: {type: string}
`

func rigCatalog(t *testing.T) *catalog.Catalog {
	t.Helper()
	c, err := catalog.Load(catalog.Embedded("plans.yaml", []byte(rigPlans)))
	if err != nil {
		t.Fatal(err)
	}
	return c
}
