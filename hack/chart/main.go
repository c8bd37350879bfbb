// Command chart is being written.
package main

import _ "go.yaml.in/yaml/v3"

func main() {}
