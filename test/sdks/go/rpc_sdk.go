package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	sdkerrors "github.com/aliyun/alibaba-cloud-sdk-go/sdk/errors"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/ram"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/rds"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/sts"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/vpc"
)

func refusedBySDK(err error, status int, code string) {
	var service sdkerrors.Error
	if !errors.As(err, &service) {
		fail("%d %s is due, and there is: %v", status, code, err)
	}
	equal("the error "+service.Message(), fmt.Sprint(service.HttpStatus(), " ", service.ErrorCode()), fmt.Sprint(status, " ", code))
}

// rpcSDK runs github.com/aliyun/alibaba-cloud-sdk-go: generic calls, and the
// structures of the products with answers in JSON and in XML.
func rpcSDK(c *checks) {
	connect := func(id, secret string) caller {
		client := got(sts.NewClientWithAccessKey(region, id, secret))
		versions := map[string]string{"rds": "2014-08-15", "ram": "2015-05-01", "sts": "2015-04-01", "vpc": "2016-04-28"}
		return func(product, action string, parameters map[string]any) (map[string]any, error) {
			request := requests.NewCommonRequest()
			request.Method, request.Scheme, request.Domain, request.Version, request.ApiName = "POST", "http", c.address, versions[product], action
			query := map[string]*string{}
			flatten(query, "", parameters)
			for name, value := range query {
				request.QueryParams[name] = *value
			}
			response, err := client.ProcessCommonRequest(request)
			if err != nil {
				return nil, err
			}
			var answer map[string]any
			return answer, json.Unmarshal(response.GetHttpContentBytes(), &answer)
		}
	}
	l := &life{call: connect(c.keyID, c.keySecret), refused: refusedBySDK, name: c.name}
	l.scenarios(c, "common/")
	c.run("common/wrong-keys", func() {
		_, err := connect(c.keyID, "wrong")("rds", "DescribeRegions", nil)
		var service sdkerrors.Error
		holds("an error about the key", errors.As(err, &service) && service.HttpStatus() == 400 && strings.Contains(err.Error(), "Signature"))
		_, err = connect("LTAInobody", "wrong")("ram", "GetUser", map[string]any{"UserName": "any"})
		refusedBySDK(err, 404, "InvalidAccessKeyId.NotFound")
	})
	for _, format := range []string{"JSON", "XML"} {
		t := &typedLife{checks: c, format: format}
		c.run(format+"/identity", t.identity)
		c.run(format+"/user", t.user)
		c.run(format+"/network", t.network)
		c.run(format+"/rds", t.database)
	}
}

// A typedLife uses the structures of the products.
type typedLife struct {
	*checks

	format string
}

// to sends a request to the emulator and asks for the format.
func (t *typedLife) to(request *requests.RpcRequest) {
	request.Scheme, request.Domain, request.AcceptFormat = "http", t.address, t.format
}

// refused ends the scenario unless err has the status and the code, which this
// client reads from JSON alone: an error in XML is its message.
func (t *typedLife) refused(err error, status int, code string) {
	if t.format == "JSON" {
		refusedBySDK(err, status, code)
		return
	}
	var service sdkerrors.Error
	holds("an error of the service", errors.As(err, &service))
	equal("the status of "+service.Message(), service.HttpStatus(), status)
	holds("the code "+code+" in "+service.Message(), strings.Contains(service.Message(), "<Code>"+code+"</Code>"))
}

func (t *typedLife) identity() {
	client := got(sts.NewClientWithAccessKey(region, t.keyID, t.keySecret))
	request := sts.CreateGetCallerIdentityRequest()
	t.to(request.RpcRequest)
	equal("identity", got(client.GetCallerIdentity(request)).IdentityType, "Account")
}

func (t *typedLife) user() {
	client := got(ram.NewClientWithAccessKey(region, t.keyID, t.keySecret))
	name := t.name + "-" + t.format + ".user"
	create := ram.CreateCreateUserRequest()
	t.to(create.RpcRequest)
	create.UserName, create.Comments = name, "a+b é"
	equal("comments", got(client.CreateUser(create)).User.Comments, "a+b é")
	_, err := client.CreateUser(create)
	t.refused(err, 409, "EntityAlreadyExists.User")
	list := ram.CreateListUsersRequest()
	t.to(list.RpcRequest)
	found := false
	for _, user := range got(client.ListUsers(list)).Users.User {
		found = found || user.UserName == name
	}
	holds("the user is listed", found)
	remove := ram.CreateDeleteUserRequest()
	t.to(remove.RpcRequest)
	remove.UserName = name
	got(client.DeleteUser(remove))
}

func (t *typedLife) network() {
	client := got(vpc.NewClientWithAccessKey(region, t.keyID, t.keySecret))
	request := vpc.CreateDescribeVpcsRequest()
	t.to(request.RpcRequest)
	request.IsDefault = requests.NewBoolean(true)
	networks := got(client.DescribeVpcs(request)).Vpcs.Vpc
	equal("default networks", len(networks), 1)
	holds("its VSwitches", len(networks[0].VSwitchIds.VSwitchId) > 1)
}

func (t *typedLife) database() {
	client := got(rds.NewClientWithAccessKey(region, t.keyID, t.keySecret))
	create := rds.CreateCreateDBInstanceRequest()
	t.to(create.RpcRequest)
	create.Engine, create.EngineVersion, create.DBInstanceClass, create.DBInstanceStorage = "MySQL", "8.0", "rds.mysql.t1.small", requests.NewInteger(20)
	create.DBInstanceNetType, create.SecurityIPList, create.PayType, create.InstanceNetworkType = "Intranet", "127.0.0.1", "Postpaid", "VPC"
	create.VPCId, create.VSwitchId, create.ZoneIdSlave1, create.ClientToken = "vpc-cnhangzhou0default", "vsw-cnhangzhou0h", "Auto", t.name+"-"+t.format
	create.Tag = &[]rds.CreateDBInstanceTag{{Key: "format", Value: t.format}}
	id := got(client.CreateDBInstance(create)).DBInstanceId
	list := rds.CreateDescribeDBInstancesRequest()
	t.to(list.RpcRequest)
	list.Tags = `{"format":"` + t.format + `"}`
	found := got(client.DescribeDBInstances(list))
	equal("instances", []any{found.TotalRecordCount, found.Items.DBInstance[0].DBInstanceId}, []any{1, id})
	attribute := rds.CreateDescribeDBInstanceAttributeRequest()
	t.to(attribute.RpcRequest)
	attribute.DBInstanceId = id
	one := got(client.DescribeDBInstanceAttribute(attribute)).Items.DBInstanceAttribute[0]
	equal("instance", []any{one.DBInstanceStatus, one.DBInstanceStorage, one.EngineVersion}, []any{"Running", 20, "8.0"})
	remove := rds.CreateDeleteDBInstanceRequest()
	t.to(remove.RpcRequest)
	remove.DBInstanceId = id
	got(client.DeleteDBInstance(remove))
	_, err := client.DescribeDBInstanceAttribute(attribute)
	t.refused(err, 404, "InvalidDBInstanceId.NotFound")
}
