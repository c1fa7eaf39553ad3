// Package centre is the example centre of the local suite: two small companies, the people who answer for them and one
// WhatsApp number. The file is also the reference of the import format: it uses every key and says what it means.
package centre

import _ "embed"

// Example is the import file, YAML. Importing it again changes nothing.
//
//go:embed example.yaml
var Example []byte
