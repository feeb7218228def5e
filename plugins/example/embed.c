/* The engine inside Node.js: a module of four functions over the C ABI, built with Node's own N-API and nothing else.
 *
 *   cc -shared -fPIC -o embed.node embed.c -I/usr/include/node $(pkg-config --cflags --libs vectorizer)
 *   node embed.mjs DIRECTORY
 *
 * Calls are synchronous and short; a program that serves many would use vz_submit and a thread-safe function. */
#define NAPI_VERSION 8
#include <node_api.h>
#include <string.h>

#include "vectorizer/engine.h"

static vz_engine* engine;

static vz_str str(const char* text) { return (vz_str){text, strlen(text)}; }

/* Throws what an engine call failed with. 1: it did not fail. */
static int good(napi_env env, vz_status status, const vz_error* error) {
    if (status != VZ_OK) napi_throw_error(env, vz_status_name(status), error->message);
    return status == VZ_OK;
}

static int text_argument(napi_env env, napi_value value, char* out, size_t size) {
    size_t length = 0;
    if (napi_get_value_string_utf8(env, value, out, size, &length) == napi_ok && length < size - 1) return 1;
    napi_throw_type_error(env, NULL, "a short text is needed");
    return 0;
}

/* Points into the memory of a Float32Array. */
static int vector_argument(napi_env env, napi_value value, vz_matrix* out) {
    napi_typedarray_type type = napi_int8_array;
    size_t length = 0;
    void* data = NULL;
    if (napi_get_typedarray_info(env, value, &type, &length, &data, NULL, NULL) != napi_ok ||
        type != napi_float32_array) {
        napi_throw_type_error(env, NULL, "a Float32Array is needed");
        return 0;
    }
    *out = (vz_matrix){.data = data, .rows = 1, .dim = (uint32_t)length, .element = VZ_F32};
    return 1;
}

static size_t arguments_of(napi_env env, napi_callback_info info, napi_value* arguments, size_t most) {
    size_t count = most;
    napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
    if (count >= most) return 1;
    napi_throw_type_error(env, NULL, "too few arguments");
    return 0;
}

/* open(directory, collection, dim) */
static napi_value open_engine(napi_env env, napi_callback_info info) {
    napi_value arguments[3];
    char directory[1024], name[256];
    vz_error error = {0};
    vz_vector_field field = {.struct_size = sizeof field, .metric = VZ_COSINE};
    const vz_schema schema = {.struct_size = sizeof schema, .vector_fields = &field, .vector_field_count = 1};
    if (!arguments_of(env, info, arguments, 3) || !text_argument(env, arguments[0], directory, sizeof directory) ||
        !text_argument(env, arguments[1], name, sizeof name))
        return NULL;
    napi_get_value_uint32(env, arguments[2], &field.dim);
    if (engine == NULL && !good(env, vz_engine_open(str(directory), NULL, &engine, &error), &error)) return NULL;
    good(env, vz_collection_create(engine, str(name), &schema, NULL, &error), &error);
    return NULL;
}

/* put(collection, id, vector): on disk when it returns. */
static napi_value put(napi_env env, napi_callback_info info) {
    napi_value arguments[3];
    char name[256], id[257];
    vz_error error = {0};
    vz_write_request request = {.struct_size = sizeof request, .kind = VZ_UPSERT, .count = 1};
    if (!arguments_of(env, info, arguments, 3) || !text_argument(env, arguments[0], name, sizeof name) ||
        !text_argument(env, arguments[1], id, sizeof id) || !vector_argument(env, arguments[2], &request.vectors))
        return NULL;
    const vz_str id_text = str(id);
    request.ids = &id_text;
    good(env, vz_write(engine, str(name), &request, NULL, &error), &error);
    return NULL;
}

/* search(collection, vector, k): an array of ids, best first. */
static napi_value search(napi_env env, napi_callback_info info) {
    napi_value arguments[3], answer = NULL;
    char name[256];
    vz_error error = {0};
    vz_result* result = NULL;
    vz_rows rows = {.struct_size = sizeof rows};
    vz_search_request request = {.struct_size = sizeof request};
    if (!arguments_of(env, info, arguments, 3) || !text_argument(env, arguments[0], name, sizeof name) ||
        !vector_argument(env, arguments[1], &request.queries))
        return NULL;
    napi_get_value_uint32(env, arguments[2], &request.k);
    if (!good(env, vz_search(engine, str(name), &request, &result, &error), &error)) return NULL;
    vz_result_rows(result, 0, &rows, NULL);
    napi_create_array_with_length(env, rows.count, &answer);
    for (uint32_t i = 0; i < rows.count; ++i) {
        napi_value id;
        napi_create_string_utf8(env, rows.ids[i].data, rows.ids[i].size, &id);
        napi_set_element(env, answer, i, id);
    }
    const int whole = good(env, vz_result_check(result, &error), &error);
    vz_result_release(result);
    return whole ? answer : NULL;
}

static napi_value close_engine(napi_env env, napi_callback_info info) {
    vz_error error = {0};
    (void)info;
    if (good(env, vz_engine_close(engine, &error), &error)) engine = NULL;
    return NULL;
}

NAPI_MODULE_INIT() {
    const napi_property_descriptor functions[] = {
        {"open", NULL, open_engine, NULL, NULL, NULL, napi_enumerable, NULL},
        {"put", NULL, put, NULL, NULL, NULL, napi_enumerable, NULL},
        {"search", NULL, search, NULL, NULL, NULL, napi_enumerable, NULL},
        {"close", NULL, close_engine, NULL, NULL, NULL, napi_enumerable, NULL}};
    napi_define_properties(env, exports, sizeof functions / sizeof functions[0], functions);
    return exports;
}
