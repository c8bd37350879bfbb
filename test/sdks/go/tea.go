package main

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"

	before "github.com/alibabacloud-go/darabonba-openapi/client"
	openapi "github.com/alibabacloud-go/darabonba-openapi/v2/client"
	ram "github.com/alibabacloud-go/ram-20150501/v2/client"
	rds "github.com/alibabacloud-go/rds-20140815/v2/client"
	sts "github.com/alibabacloud-go/sts-20150401/v2/client"
	util "github.com/alibabacloud-go/tea-utils/v2/service"
	runtime "github.com/alibabacloud-go/tea/tea"
	vpc "github.com/alibabacloud-go/vpc-20160428/v6/client"
)

// A key is an access key; a session's has a token too.
type key struct{ id, secret, token string }

// config is the quick start's, with the emulator as endpoint.
func (c *checks) config(k key) *openapi.Config {
	return &openapi.Config{
		AccessKeyId: &k.id, AccessKeySecret: &k.secret, SecurityToken: &k.token, Endpoint: &c.address, Protocol: &c.protocol, RegionId: runtime.String(region),
	}
}

// configBefore is the configuration of packages that are built on the first
// version of the runtime.
func (c *checks) configBefore(k key) *before.Config {
	return &before.Config{
		AccessKeyId: &k.id, AccessKeySecret: &k.secret, SecurityToken: &k.token, Endpoint: &c.address, Protocol: &c.protocol, RegionId: runtime.String(region),
	}
}

func refusedByTea(err error, status int, code string) {
	var service *runtime.SDKError
	if !errors.As(err, &service) {
		fail("%d %s is due, and there is: %v", status, code, err)
	}
	equal("the error "+runtime.StringValue(service.Message), fmt.Sprint(runtime.IntValue(service.StatusCode), " ", runtime.StringValue(service.Code)), fmt.Sprint(status, " ", code))
}

// teaGeneric runs github.com/alibabacloud-go/darabonba-openapi/v2 without the
// package of a product: signatures of version 3, by generic calls.
func teaGeneric(c *checks) {
	connect := func(id, secret string) caller {
		client := got(openapi.NewClient(c.config(key{id: id, secret: secret})))
		versions := map[string]string{"rds": "2014-08-15", "ram": "2015-05-01", "sts": "2015-04-01", "vpc": "2016-04-28"}
		return func(product, action string, parameters map[string]any) (map[string]any, error) {
			params := &openapi.Params{
				Action: &action, Version: runtime.String(versions[product]), Protocol: runtime.String("HTTP"), Method: runtime.String("POST"),
				AuthType: runtime.String("AK"), Style: runtime.String("RPC"), Pathname: runtime.String("/"), ReqBodyType: runtime.String("json"), BodyType: runtime.String("json"),
			}
			query := map[string]*string{}
			flatten(query, "", parameters)
			answer, err := client.CallApi(params, &openapi.OpenApiRequest{Query: query}, &util.RuntimeOptions{})
			if err != nil {
				return nil, err
			}
			body, ok := answer["body"].(map[string]any)
			holds("a body", ok)
			return body, nil
		}
	}
	l := &life{call: connect(c.keyID, c.keySecret), refused: refusedByTea, name: c.name}
	l.scenarios(c, "")
	c.run("wrong-keys", func() { wrongKeysByTea(connect, c.keyID) })
}

func wrongKeysByTea(connect func(id, secret string) caller, id string) {
	_, err := connect(id, "wrong")("rds", "DescribeRegions", nil)
	refusedByTea(err, 400, "SignatureDoesNotMatch")
	_, err = connect("LTAInobody", "wrong")("ram", "GetUser", map[string]any{"UserName": "any"})
	refusedByTea(err, 404, "InvalidAccessKeyId.NotFound")
}

// flatten writes lists and members of parameters as RPC does: Tag.1.Key.
func flatten(query map[string]*string, prefix string, value any) {
	switch value := value.(type) {
	case map[string]any:
		for name, inner := range value {
			if prefix != "" {
				name = prefix + "." + name
			}
			flatten(query, name, inner)
		}
	case []any:
		for i, inner := range value {
			flatten(query, prefix+"."+strconv.Itoa(i+1), inner)
		}
	case nil:
	default:
		query[prefix] = runtime.String(fmt.Sprint(value))
	}
}

// packages is a caller by the packages of the products.
func (c *checks) packages(k key) caller {
	clients := map[string]any{
		"rds": got(rds.NewClient(c.configBefore(k))), "ram": got(ram.NewClient(c.config(k))),
		"sts": got(sts.NewClient(c.config(k))), "vpc": got(vpc.NewClient(c.config(k))),
	}
	return func(product, action string, parameters map[string]any) (map[string]any, error) {
		method := reflect.ValueOf(clients[product]).MethodByName(action)
		if !method.IsValid() {
			fail("the package lacks %s", action)
		}
		var arguments []reflect.Value
		if method.Type().NumIn() == 1 {
			request := reflect.New(method.Type().In(0).Elem())
			must(runtime.Convert(parameters, request.Interface()))
			arguments = append(arguments, request)
		}
		results := method.Call(arguments)
		if err, ok := results[1].Interface().(error); ok {
			return nil, err
		}
		return runtime.ToMap(results[0].Elem().FieldByName("Body").Interface()), nil
	}
}

// tea runs the packages of the products: github.com/alibabacloud-go/rds-20140815,
// ram-20150501, sts-20150401 and vpc-20160428.
func tea(c *checks) {
	connect := func(id, secret string) caller { return c.packages(key{id: id, secret: secret}) }
	l := &life{call: connect(c.keyID, c.keySecret), refused: refusedByTea, name: c.name}
	l.scenarios(c, "")
	c.run("wrong-keys", func() { wrongKeysByTea(connect, c.keyID) })
}
