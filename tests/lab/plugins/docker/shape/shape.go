// Package shape describes the properties of a resource as data and derives from that description what the official
// plugin's machinery derives: defaults, refusals, the state an update plans, and which change replaces the object.
package shape

import "github.com/pulumi/pulumi/sdk/v3/go/common/resource"

// Kind is what a property holds.
type Kind int

const (
	String Kind = iota
	Bool
	Int
	// Map is text by text.
	Map
	// List keeps its order; its elements are text, or objects when Of is given.
	List
	// Set is a List whose order means nothing.
	Set
	// Block is one object.
	Block
)

// Field is one property. One that is neither Required nor Output is optional.
type Field struct {
	Kind Kind
	// Of holds the properties of a Block, or of each element of a List or Set.
	Of       Shape
	Required bool
	// Computed: where the program gives no value, the engine's own value stands.
	Computed bool
	// Output: the program cannot give a value.
	Output bool
	// Replace: a change needs a new object.
	Replace bool
	// SetOfOne: the Block is a set that holds one element at most.
	SetOfOne bool
	// AutoName: the value is made from the resource's name where none is given.
	AutoName bool
	// Default is a string, bool or int.
	Default any
	// EmptyKeeps: no value, or an empty one, means "whatever the object has".
	EmptyKeeps bool
	// Check says why a value is refused, or nothing.
	Check func(value resource.PropertyValue) string
	// Same says that two differing values mean the same.
	Same func(old, planned resource.PropertyValue) bool
}

// Shape is the properties of a resource or of an object within one.
type Shape map[resource.PropertyKey]Field

// defaultsKey lists the inputs that hold a default, as the official plugin's machinery does it in every object.
const defaultsKey = resource.PropertyKey("__defaults")

func (f Field) isSet() bool { return f.Kind == Set || f.SetOfOne }

func (f Field) fallback() (resource.PropertyValue, bool) {
	switch value := f.Default.(type) {
	case string:
		return resource.NewStringProperty(value), true
	case bool:
		return resource.NewBoolProperty(value), true
	case int:
		return resource.NewNumberProperty(float64(value)), true
	default:
		return resource.NewNullProperty(), false
	}
}

// isEmpty says that a value is nothing, or the zero of its kind: the official plugin cannot tell the two apart.
func isEmpty(value resource.PropertyValue) bool {
	switch {
	case value.IsNull():
		return true
	case value.IsBool():
		return !value.BoolValue()
	case value.IsNumber():
		return value.NumberValue() == 0
	case value.IsString():
		return value.StringValue() == ""
	case value.IsArray():
		return len(value.ArrayValue()) == 0
	case value.IsObject():
		for key := range value.ObjectValue() {
			if key != defaultsKey {
				return false
			}
		}
		return true
	default:
		return false
	}
}

// isCollection says that a value is a list, set, map or object.
func isCollection(value resource.PropertyValue) bool {
	return value.IsArray() || value.IsObject()
}

func isUnknown(value resource.PropertyValue) bool {
	return value.IsComputed() || (value.IsOutput() && !value.OutputValue().Known)
}

// Unknown is a value that only the apply will show.
func Unknown() resource.PropertyValue {
	return resource.MakeComputed(resource.NewStringProperty(""))
}
