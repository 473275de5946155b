package server

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

// handleOpenAPI answers with a document made from the route table, so that the two cannot disagree.
func (s *Server) handleOpenAPI(w http.ResponseWriter, _ *http.Request) error {
	return writeJSON(w, http.StatusOK, openAPI(s.routes, s.cfg.Version))
}

type object = map[string]any

func openAPI(routes []route, version string) object {
	if version == "" {
		version = "unknown"
	}
	paths := object{}
	for _, rt := range routes {
		item, _ := paths[rt.path].(object)
		if item == nil {
			item = object{}
			paths[rt.path] = item
		}
		item[strings.ToLower(rt.method)] = operation(rt)
	}
	return object{
		"openapi":  "3.1.0",
		"info":     object{"title": "Assay", "version": version, "summary": "Land CSVs, query them with SQL."},
		"security": []object{{"bearer": []string{}}, {}},
		"paths":    paths,
		"components": object{
			"securitySchemes": object{"bearer": object{"type": "http", "scheme": "bearer"}},
			"schemas":         object{"Problem": problemSchema()},
			"responses": object{"Problem": object{
				"description": "what went wrong, RFC 9457",
				"content":     object{"application/problem+json": object{"schema": object{"$ref": "#/components/schemas/Problem"}}},
			}},
		},
	}
}

func problemSchema() object {
	text, whole := object{"type": "string"}, object{"type": "integer"}
	position := object{"type": "object", "properties": object{"line": whole, "column": whole, "offset": whole, "length": whole, "excerpt": text}}
	return object{
		"type": "object", "required": []string{"type", "title", "status", "detail", "code"},
		"properties": object{
			"type": text, "title": text, "status": whole, "detail": text, "code": text, "hint": text, "sql": position,
			"suggestions": object{"type": "array", "items": text},
			"mysql":       object{"type": "object", "properties": object{"errno": whole, "sqlstate": text}},
		},
	}
}

var pathParameter = regexp.MustCompile(`\{(\w+)\}`)

func operation(rt route) object {
	var params []object
	for _, m := range pathParameter.FindAllStringSubmatch(rt.path, -1) {
		params = append(params, object{"name": m[1], "in": "path", "required": true, "schema": object{"type": "string"}})
	}
	for _, name := range rt.query {
		p := object{"name": name, "in": "query", "schema": object{"type": "string"}}
		if name == "param_" {
			p = object{
				"name": "params", "in": "query", "description": "param_NAME is the value of :NAME in the statement", "style": "form", "explode": true,
				"schema": object{"type": "object", "additionalProperties": object{"type": "string"}},
			}
		}
		params = append(params, p)
	}
	op := object{"operationId": rt.id, "summary": rt.summary, "tags": []string{rt.tag}, "responses": responses(rt)}
	if len(params) > 0 {
		op["parameters"] = params
	}
	if rt.body != "" {
		content := object{}
		for _, media := range append([]string{rt.body}, rt.bodies...) {
			content[media] = object{"schema": object{}}
		}
		op["requestBody"] = object{"content": content}
	}
	if rt.public {
		op["security"] = []object{{}}
	}
	return op
}

func responses(rt route) object {
	out := object{"default": object{"$ref": "#/components/responses/Problem"}}
	for _, a := range rt.answers {
		r := object{"description": a.says}
		if a.media != "" {
			r["content"] = object{a.media: object{"schema": object{}}}
		}
		out[strconv.Itoa(a.status)] = r
	}
	return out
}
