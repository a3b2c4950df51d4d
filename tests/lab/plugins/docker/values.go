package main

import (
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// values is a plan or a state, read by kind; what is missing or unknown reads as the zero of its kind.
type values resource.PropertyMap

func (v values) text(key resource.PropertyKey) string {
	if value := v[key]; value.IsString() {
		return value.StringValue()
	}
	return ""
}

func (v values) yes(key resource.PropertyKey) bool {
	value := v[key]
	return value.IsBool() && value.BoolValue()
}

func (v values) number(key resource.PropertyKey) int64 {
	if value := v[key]; value.IsNumber() {
		return int64(value.NumberValue())
	}
	return 0
}

func (v values) texts(key resource.PropertyKey) []string {
	var texts []string
	if value := v[key]; value.IsArray() {
		for _, element := range value.ArrayValue() {
			if element.IsString() {
				texts = append(texts, element.StringValue())
			}
		}
	}
	return texts
}

func (v values) table(key resource.PropertyKey) map[string]string {
	var table map[string]string
	if value := v[key]; value.IsObject() {
		table = map[string]string{}
		for name, element := range value.ObjectValue() {
			if element.IsString() {
				table[string(name)] = element.StringValue()
			}
		}
	}
	return table
}

func (v values) objects(key resource.PropertyKey) []values {
	var objects []values
	if value := v[key]; value.IsArray() {
		for _, element := range value.ArrayValue() {
			if element.IsObject() {
				objects = append(objects, values(element.ObjectValue()))
			}
		}
	}
	return objects
}

// object gives an object within; nil where there is none.
func (v values) object(key resource.PropertyKey) values {
	if value := v[key]; value.IsObject() {
		return values(value.ObjectValue())
	}
	return nil
}

// has says that a value is there and not the zero of its kind.
func (v values) has(key resource.PropertyKey) bool {
	value := v[key]
	switch {
	case value.IsString():
		return value.StringValue() != ""
	case value.IsBool():
		return value.BoolValue()
	case value.IsNumber():
		return value.NumberValue() != 0
	case value.IsArray():
		return len(value.ArrayValue()) > 0
	case value.IsObject():
		return len(value.ObjectValue()) > 0
	default:
		return false
	}
}

// labels gives the labels, which stand in the program as a list of pairs.
func (v values) labels(key resource.PropertyKey) map[string]string {
	var labels map[string]string
	for _, pair := range v.objects(key) {
		if labels == nil {
			labels = map[string]string{}
		}
		labels[pair.text("label")] = pair.text("value")
	}
	return labels
}

// with gives these values and the others over them.
func (v values) with(others values) values {
	all := values{}
	for key, value := range v {
		all[key] = value
	}
	for key, value := range others {
		all[key] = value
	}
	return all
}

func text(value string) resource.PropertyValue { return resource.NewStringProperty(value) }
func yes(value bool) resource.PropertyValue    { return resource.NewBoolProperty(value) }

func number[N int | int64 | uint64](value N) resource.PropertyValue {
	return resource.NewNumberProperty(float64(value))
}

func texts(list []string) resource.PropertyValue {
	elements := []resource.PropertyValue{}
	for _, element := range list {
		elements = append(elements, text(element))
	}
	return resource.NewArrayProperty(elements)
}

func table(entries map[string]string) resource.PropertyValue {
	object := resource.PropertyMap{}
	for key, value := range entries {
		object[resource.PropertyKey(key)] = text(value)
	}
	return resource.NewObjectProperty(object)
}

func block(v values) resource.PropertyValue {
	return resource.NewObjectProperty(resource.PropertyMap(v))
}

func blocks(list []values) resource.PropertyValue {
	elements := []resource.PropertyValue{}
	for _, element := range list {
		elements = append(elements, block(element))
	}
	return resource.NewArrayProperty(elements)
}

func labelPairs(labels map[string]string) resource.PropertyValue {
	pairs := []values{}
	for label, value := range labels {
		pairs = append(pairs, values{"label": text(label), "value": text(value)})
	}
	return blocks(pairs)
}
