package shape

import (
	"fmt"
	"math"
	"sort"
	"strconv"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"wirework.invalid/lab/plugins/internal/provider"
)

// Check gives the inputs with names and defaults filled in, and what is wrong with them. olds are the inputs of last
// time: a default that was filled in then stays as it was.
func (s Shape) Check(name string, olds, news resource.PropertyMap) (resource.PropertyMap, []provider.Failure) {
	c := &checker{}
	inputs := c.object("", s, news)
	c.fillIn(name, s, olds, inputs)
	return inputs, c.failures
}

type checker struct {
	failures []provider.Failure
}

func (c *checker) refuse(path, format string, args ...any) {
	c.failures = append(c.failures, provider.Failure{Property: path, Reason: fmt.Sprintf(format, args...)})
}

func (c *checker) object(path string, s Shape, news resource.PropertyMap) resource.PropertyMap {
	inputs := resource.PropertyMap{}
	for _, key := range sortedKeys(news) {
		if key == defaultsKey {
			continue
		}
		at := join(path, key)
		field, known := s[key]
		if !known || field.Output {
			c.refuse(at, "Invalid or unknown key '%s'", at)
			continue
		}
		if value := news[key]; !value.IsNull() {
			inputs[key] = c.value(at, field, value)
		}
	}
	filled := []resource.PropertyValue{}
	for _, key := range sortedKeys(s) {
		field := s[key]
		if _, given := inputs[key]; given {
			continue
		}
		if field.Required && !field.AutoName {
			c.refuse(join(path, key), "Missing required property '%s'", join(path, key))
			continue
		}
		// A default that equals the zero of its kind is not written into the inputs.
		if value, has := field.fallback(); has && !isEmpty(value) {
			inputs[key] = value
			filled = append(filled, resource.NewStringProperty(string(key)))
		}
	}
	inputs[defaultsKey] = resource.NewArrayProperty(filled)
	return inputs
}

// fillIn makes the automatic name, and takes from last time's inputs what was a default there.
func (c *checker) fillIn(name string, s Shape, olds, inputs resource.PropertyMap) {
	filled := inputs[defaultsKey].ArrayValue()
	for _, key := range sortedKeys(s) {
		if _, given := inputs[key]; given || !s[key].AutoName {
			continue
		}
		made, err := resource.NewUniqueHex(name+"-", 7, 255)
		if err != nil {
			c.refuse(string(key), "no name can be made from '%s': %v", name, err)
			continue
		}
		inputs[key] = resource.NewStringProperty(made)
		filled = append(filled, resource.NewStringProperty(string(key)))
	}
	for _, filledIn := range filled {
		key := resource.PropertyKey(filledIn.StringValue())
		if old, had := olds[key]; had && wasDefault(olds, key) {
			inputs[key] = old
		}
	}
	sort.Slice(filled, func(i, j int) bool { return filled[i].StringValue() < filled[j].StringValue() })
	inputs[defaultsKey] = resource.NewArrayProperty(filled)
}

// wasDefault says that an input may have been filled in: inputs without a list of defaults (after a refresh) count.
func wasDefault(inputs resource.PropertyMap, key resource.PropertyKey) bool {
	list, has := inputs[defaultsKey]
	if !has || !list.IsArray() {
		return true
	}
	for _, name := range list.ArrayValue() {
		if name.IsString() && name.StringValue() == string(key) {
			return true
		}
	}
	return false
}

// value refuses a value of another kind than the field's, after turning numbers and text into each other.
func (c *checker) value(path string, field Field, value resource.PropertyValue) resource.PropertyValue {
	if isUnknown(value) {
		return value
	}
	converted, expected := c.convert(path, field, value)
	if expected != "" {
		c.refuse(path, "expected %s, got %s", expected, value.TypeString())
		return value
	}
	if field.Check != nil && !converted.ContainsUnknowns() {
		if reason := field.Check(converted); reason != "" {
			c.refuse(path, "%s", reason)
		}
	}
	return converted
}

func (c *checker) convert(path string, field Field, value resource.PropertyValue) (resource.PropertyValue, string) {
	switch field.Kind {
	case String:
		if text, ok := asText(value); ok {
			return resource.NewStringProperty(text), ""
		}
		return value, "a string"
	case Bool:
		if value.IsString() {
			if yes, err := strconv.ParseBool(value.StringValue()); err == nil {
				return resource.NewBoolProperty(yes), ""
			}
		}
		if value.IsBool() {
			return value, ""
		}
		return value, "a boolean"
	case Int:
		if value.IsString() {
			if number, err := strconv.ParseInt(value.StringValue(), 10, 64); err == nil {
				return resource.NewNumberProperty(float64(number)), ""
			}
		}
		if value.IsNumber() && value.NumberValue() == math.Trunc(value.NumberValue()) {
			return value, ""
		}
		return value, "an integer"
	case Map:
		if !value.IsObject() {
			return value, "a map"
		}
		table := resource.PropertyMap{}
		for key, element := range value.ObjectValue() {
			if key != defaultsKey {
				table[key] = c.value(join(path, key), Field{Kind: String}, element)
			}
		}
		return resource.NewObjectProperty(table), ""
	case Block:
		if !value.IsObject() {
			return value, "an object"
		}
		return resource.NewObjectProperty(c.object(path, field.Of, value.ObjectValue())), ""
	default:
		if !value.IsArray() {
			return value, "a list"
		}
		element := Field{Kind: String}
		if field.Of != nil {
			element = Field{Kind: Block, Of: field.Of}
		}
		elements := []resource.PropertyValue{}
		for i, v := range value.ArrayValue() {
			elements = append(elements, c.value(fmt.Sprintf("%s[%d]", path, i), element, v))
		}
		return resource.NewArrayProperty(elements), ""
	}
}

func asText(value resource.PropertyValue) (string, bool) {
	switch {
	case value.IsString():
		return value.StringValue(), true
	case value.IsBool():
		return strconv.FormatBool(value.BoolValue()), true
	case value.IsNumber():
		return strconv.FormatFloat(value.NumberValue(), 'f', -1, 64), true
	default:
		return "", false
	}
}

func join(path string, key resource.PropertyKey) string {
	if path == "" {
		return string(key)
	}
	return path + "." + string(key)
}

func sortedKeys[V any](m map[resource.PropertyKey]V) []resource.PropertyKey {
	keys := make([]resource.PropertyKey, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	sort.Slice(keys, func(i, j int) bool { return keys[i] < keys[j] })
	return keys
}
