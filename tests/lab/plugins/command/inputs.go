package main

import (
	"fmt"
	"maps"
	"reflect"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/mapper"

	"wirework.invalid/lab/plugins/internal/provider"
)

// endpoint is one SSH server: the host itself, or the proxy before it.
type endpoint struct {
	User               *string  `pulumi:"user,optional"`
	Password           *string  `pulumi:"password,optional"`
	Host               *string  `pulumi:"host"`
	Port               *float64 `pulumi:"port,optional"`
	PrivateKey         *string  `pulumi:"privateKey,optional"`
	PrivateKeyPassword *string  `pulumi:"privateKeyPassword,optional"`
	AgentSocketPath    *string  `pulumi:"agentSocketPath,optional"`
	DialErrorLimit     *int     `pulumi:"dialErrorLimit,optional"`
	PerDialTimeout     *int     `pulumi:"perDialTimeout,optional"`
	HostKey            *string  `pulumi:"hostKey,optional"`
}

type connection struct {
	endpoint
	Proxy *proxyConnection `pulumi:"proxy,optional"`
}

type proxyConnection struct{ endpoint }

type commandInputs struct {
	Triggers               *[]any            `pulumi:"triggers,optional"`
	Create                 *string           `pulumi:"create,optional"`
	Update                 *string           `pulumi:"update,optional"`
	Delete                 *string           `pulumi:"delete,optional"`
	Stdin                  *string           `pulumi:"stdin,optional"`
	Logging                *string           `pulumi:"logging,optional"`
	Connection             *connection       `pulumi:"connection"`
	Environment            map[string]string `pulumi:"environment,optional"`
	AddPreviousOutputInEnv *bool             `pulumi:"addPreviousOutputInEnv,optional"`
}

type commandState struct {
	commandInputs
	Stdout string `pulumi:"stdout"`
	Stderr string `pulumi:"stderr"`
}

// inputNames are the properties whose change can change the outputs.
var inputNames = []resource.PropertyKey{
	"triggers", "create", "update", "delete", "stdin", "logging", "connection", "environment", "addPreviousOutputInEnv",
}

var (
	endpointDefaults = resource.PropertyMap{
		"user":           resource.NewProperty("root"),
		"port":           resource.NewProperty(22.0),
		"dialErrorLimit": resource.NewProperty(10.0),
		"perDialTimeout": resource.NewProperty(15.0),
	}
	endpointSecrets = []resource.PropertyKey{"password", "privateKey", "privateKeyPassword"}
)

// decode fills a struct from properties. Secrets are taken out of their wrapping; an unknown value stands as the zero
// value of its type, since only a preview has any and a preview runs nothing.
func decode[T any](props resource.PropertyMap) (T, []provider.Failure, error) {
	var target T
	plain := known(resource.NewProperty(props), reflect.TypeFor[T]()).(map[string]any)
	err := mapper.New(&mapper.Opts{}).Decode(plain, &target)
	if err == nil {
		return target, nil, nil
	}
	var failures []provider.Failure
	for _, failure := range err.Failures() {
		field, ok := failure.(mapper.FieldError)
		if !ok {
			return target, nil, fmt.Errorf("the properties cannot be read: %w", failure)
		}
		failures = append(failures, provider.Failure{Property: field.Field(), Reason: field.Reason()})
	}
	return target, failures, err
}

// known is the value without secret wrapping and with zero values in place of unknown ones.
func known(value resource.PropertyValue, t reflect.Type) any {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case value.IsSecret():
		return known(value.SecretValue().Element, t)
	case value.IsOutput() && value.OutputValue().Known:
		return known(value.OutputValue().Element, t)
	case value.IsComputed() || value.IsOutput():
		return zero(t)
	case value.IsObject():
		fields := fieldTypes(t)
		result := map[string]any{}
		for key, element := range value.ObjectValue() {
			elementType := fields[string(key)]
			if t != nil && t.Kind() == reflect.Map {
				elementType = t.Elem()
			}
			result[string(key)] = known(element, elementType)
		}
		return result
	case value.IsArray():
		var elementType reflect.Type
		if t != nil && t.Kind() == reflect.Slice {
			elementType = t.Elem()
		}
		result := []any{}
		for _, element := range value.ArrayValue() {
			result = append(result, known(element, elementType))
		}
		return result
	default:
		return value.Mappable()
	}
}

func fieldTypes(t reflect.Type) map[string]reflect.Type {
	fields := map[string]reflect.Type{}
	if t == nil || t.Kind() != reflect.Struct {
		return fields
	}
	for _, field := range reflect.VisibleFields(t) {
		if name, _, _ := strings.Cut(field.Tag.Get("pulumi"), ","); name != "" {
			fields[name] = field.Type
		}
	}
	return fields
}

func zero(t reflect.Type) any {
	if t == nil {
		return ""
	}
	switch t.Kind() {
	case reflect.Struct:
		result := map[string]any{}
		for _, field := range reflect.VisibleFields(t) {
			if name, options, _ := strings.Cut(field.Tag.Get("pulumi"), ","); name != "" && options != "optional" {
				element := field.Type
				for element.Kind() == reflect.Pointer {
					element = element.Elem()
				}
				result[name] = zero(element)
			}
		}
		return result
	case reflect.Map:
		return map[string]any{}
	case reflect.Slice:
		return []any{}
	case reflect.Bool:
		return false
	case reflect.Int, reflect.Float64:
		return 0.0
	default:
		return ""
	}
}

// complete gives the inputs with the connection's defaults filled in and its secret parts marked.
func complete(inputs resource.PropertyMap) resource.PropertyMap {
	result := maps.Clone(inputs)
	if value, ok := result["connection"]; ok {
		value = withObject(value, func(fields resource.PropertyMap) {
			completeEndpoint(fields)
			if proxy, ok := fields["proxy"]; ok {
				fields["proxy"] = withObject(proxy, completeEndpoint)
			}
		})
		result["connection"] = secret(value)
	}
	return result
}

func completeEndpoint(fields resource.PropertyMap) {
	for key, value := range endpointDefaults {
		if current, ok := fields[key]; !ok || current.IsNull() {
			fields[key] = value
		}
	}
	for _, key := range endpointSecrets {
		if value, ok := fields[key]; ok && !value.IsNull() {
			fields[key] = secret(value)
		}
	}
}

// withObject changes a copy of an object inside its secret wrapping; an unknown object stays unknown.
func withObject(value resource.PropertyValue, change func(resource.PropertyMap)) resource.PropertyValue {
	switch {
	case value.IsSecret():
		return resource.MakeSecret(withObject(value.SecretValue().Element, change))
	case value.IsObject():
		fields := maps.Clone(value.ObjectValue())
		change(fields)
		return resource.NewProperty(fields)
	default:
		return value
	}
}

func secret(value resource.PropertyValue) resource.PropertyValue {
	if value.IsSecret() {
		return value
	}
	return resource.MakeSecret(value)
}
