/* vzh: the HTTP transport that REST and GraphQL share, exported by libvectorizer_http.so.1 to the frontends of this
 * repository. No promise to third parties.
 *
 * One listener per address, several mounts on it. A request is handed to its route's handler when its body is complete;
 * the handler, or a completion it started, ends it by exactly one of vzh_reply, vzh_fail, vzh_refuse. After that the
 * request is gone.
 *
 * Tags as in frontend.h: [host] host's main thread; [any] any thread. Functions of one request are called by one thread
 * at a time.
 */
#ifndef VECTORIZER_FRONTENDS_HTTP_H
#define VECTORIZER_FRONTENDS_HTTP_H

#include "vectorizer/frontend.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct vzh_mount vzh_mount;
typedef struct vzh_request vzh_request;

#define VZH_OPEN 0u /* permission: no key needed */
#define VZH_READ 1u
#define VZH_WRITE 2u
#define VZH_ADMIN 3u

/* Added to a permission: speaks of the whole server, so that a key limited to collections has no part in it. */
#define VZH_WHOLE 4u

#define VZH_BODY_NONE 0u /* body: none, or an empty JSON object where the method may carry one */
#define VZH_BODY_JSON 1u /* application/json; other types are 415 */
#define VZH_BODY_ANY 2u  /* the handler looks at content_type */

/* One row of a frontend's route table; static. Parameters in braces take one decoded segment: "/collections/{name}". A
 * last segment "*" takes the rest of the path. Literal segments win over parameters. HEAD follows GET; OPTIONS and 405
 * come from the table. */
typedef struct vzh_route {
    const char* method;
    const char* path;
    uint32_t permission;
    uint32_t body;
    uint32_t id; /* the frontend's own */
    /* 1: query parameters are not checked here; 0: any parameter but timeout_ms must be in `query`. */
    uint32_t query_any;
    const char* query; /* names allowed, separated by blanks; NULL: none */
} vzh_route;

typedef struct vzh_view {
    const vzh_route* route;
    vz_str method;
    vz_str path;         /* as sent, without the query */
    const vz_kv* params; /* of the route, in order, decoded */
    const vz_kv* query;  /* decoded, in order */
    uint32_t param_count;
    uint32_t query_count;
    vz_str body;            /* inflated; 64-byte aligned, followed by 64 readable bytes */
    vz_str content_type;    /* lower case, without parameters; absent: none */
    vz_str accept;          /* as sent */
    vz_str idempotency_key; /* absent: none */
    vz_str request_id;
    vz_str key_id; /* identity; absent: no key */
    int64_t deadline_ns;
    void* user; /* of vzh_declare */
} vzh_view;

/* Enters on an io thread (body up to 64 KiB) or on a worker; must not wait. */
typedef void (*vzh_handler)(vzh_request* r, const vzh_view* view) VZ_NOEXCEPT;
typedef void (*vzh_function)(vzh_request* r, void* user) VZ_NOEXCEPT;

/* [host, in create] Reads and checks host, port, http.*, auth.*, limits.* of the instance; no thread, no socket.
 * `routes` is static. */
vz_status vzh_declare(const vz_host* host, const vzh_route* routes, uint32_t count, vzh_handler handler, void* user,
                      vzh_mount** out, vz_error* error) VZ_NOEXCEPT;
/* [host] The promises of vz_frontend_descriptor, per mount; the last stop of a listener closes it. vzh_stop frees the
 * mount; it may also follow vzh_declare directly. */
vz_status vzh_start(vzh_mount* mount, vz_error* error) VZ_NOEXCEPT;
void vzh_drain(vzh_mount* mount) VZ_NOEXCEPT;
uint32_t vzh_idle(vzh_mount* mount) VZ_NOEXCEPT;
void vzh_stop(vzh_mount* mount) VZ_NOEXCEPT;
/* [any] The URL people use, "http://127.0.0.1:15002"; NUL-terminated; valid until vzh_stop. */
vz_str vzh_url(const vzh_mount* mount) VZ_NOEXCEPT;
/* [host, in create] A limit of section `limits` as in force: "results", "batch_points", "answer_mb", ..., and of http
 * "threads" and "default_timeout_ms"; 0 for unknown names. */
uint64_t vzh_limit(const vzh_mount* mount, const char* name) VZ_NOEXCEPT;

#define VZH_KEY_HASH_BYTES 32u
/* Prefix of the durable values that hold keys made over the API; the id follows. */
#define VZH_STORED_KEYS "auth/key/"
typedef struct vzh_key_scope {
    vz_str collection;   /* a name, or the beginning of names and a final '*' */
    uint32_t permission; /* the highest */
    uint32_t named;      /* those it was given by name, bit 1 << permission each; 0: the highest alone */
} vzh_key_scope;
typedef struct vzh_key {
    vz_str id;
    vz_str name;
    const vzh_key_scope* scopes;
    uint32_t scope_count; /* 0: all collections */
    uint32_t permission;
    uint8_t hash[VZH_KEY_HASH_BYTES];
    int64_t created_s; /* unix time; 0: unknown */
    int64_t expires_s; /* 0: never */
    int64_t last_used_s;
    uint64_t uses;
    uint32_t stored; /* 0: of the configuration */
    uint32_t named;  /* as of a scope */
} vzh_key;
/* [any] The keys made over the API are these, for all listeners of the process. A frontend says so before vzh_declare
 * and after a change. A value that cannot be read is VZ_CORRUPTION, and nothing changes. */
vz_status vzh_store_keys(const vz_value* values, uint64_t count, vz_error* error) VZ_NOEXCEPT;
/* [any] All keys in force; what visit gets lives until it returns. */
void vzh_each_key(const vzh_mount* mount, void (*visit)(void* user, const vzh_key* key) VZ_NOEXCEPT,
                  void* user) VZ_NOEXCEPT;
/* [any] Whether this may be the collection of a scope: 1, or 0 for a name that no collection can have. */
uint32_t vzh_is_scope(vz_str collection) VZ_NOEXCEPT;
/* [any] The hash of a key; and the key as a durable value, written in one call. */
void vzh_hash_key(vz_str key, uint8_t* hash) VZ_NOEXCEPT;
void vzh_encode_key(const vzh_key* key, void (*write)(void* user, vz_str text) VZ_NOEXCEPT, void* user) VZ_NOEXCEPT;
/* [host] Reads auth.keys of the configuration again; requests in flight keep the key they came with. On failure the
 * keys stay. */
vz_status vzh_reload(vzh_mount* mount, vz_error* error) VZ_NOEXCEPT;

/* [any] Valid until the request ends. */
const vzh_view* vzh_request_view(const vzh_request* r) VZ_NOEXCEPT;
/* [any] Memory that lives as long as the request; NULL when it cannot be had. align: a power of two up to 64. */
void* vzh_arena(vzh_request* r, uint64_t bytes, uint64_t align) VZ_NOEXCEPT;
/* [any] The frontend takes so much memory for the request elsewhere, and frees it with the request. 0: the budget of
 * limits.bodies_mb has no room for it, and it was not counted. */
uint32_t vzh_charge(vzh_request* r, uint64_t bytes) VZ_NOEXCEPT;
/* [any] Whether a key came that lets in, as routes have it checked that are not VZH_OPEN. 1: go on. 0: the request was
 * answered (401) and is gone. */
uint32_t vzh_identified(vzh_request* r) VZ_NOEXCEPT;
/* [any] The key's role and scopes for this collection; for a write also a place among its writes in flight. 1: go on.
 * 0: the request was answered (403, 429, 503) and is gone. */
uint32_t vzh_allowed(vzh_request* r, vz_str collection, uint32_t permission) VZ_NOEXCEPT;
/* [any] Whether the request's key has this permission at all; nothing is answered. */
uint32_t vzh_has_permission(const vzh_request* r, uint32_t permission) VZ_NOEXCEPT;
/* [any] Whether the request's key has this permission for the collection; absent: for all of them. Nothing is answered.
 */
uint32_t vzh_sees(const vzh_request* r, vz_str collection, uint32_t permission) VZ_NOEXCEPT;
/* [any] Whether a GET of the path is answered at the address that the request came to, by whichever frontend. */
uint32_t vzh_serves(vzh_request* r, vz_str path) VZ_NOEXCEPT;
/* [any] Go on on a worker thread. */
void vzh_defer(vzh_request* r, vzh_function function, void* user) VZ_NOEXCEPT;
/* [any] Goes on on a worker thread once no other request of the process has the turn of `subject`: what is read,
 * changed and written back takes one. A request has one turn at a time, until vzh_end_turn or its answer. */
void vzh_take_turn(vzh_request* r, vz_str subject, vzh_function function, void* user) VZ_NOEXCEPT;
/* [any] 1: the request has the turn of `subject` from here on. 0: another of the process has it, and this one has none.
 */
uint32_t vzh_take_turn_if_free(vzh_request* r, vz_str subject) VZ_NOEXCEPT;
/* [any] Nothing happens where it has none. */
void vzh_end_turn(vzh_request* r) VZ_NOEXCEPT;
/* [any] What to do when nobody waits for the answer any more: its client is gone (the connection was reset), or the
 * time to drain is over. `cancel` is called on any thread, perhaps more than once, until the next vzh_on_abandoned or
 * the end of the request; it must not wait, nor call anything of the request. NULL: nothing. Returns 1 where nobody
 * waits by now: then `cancel` is not called, and what is not begun yet is better left alone. */
uint32_t vzh_on_abandoned(vzh_request* r, vzh_function cancel, void* user) VZ_NOEXCEPT;
/* [any] Operations of the request were with the engine for so long, from their submission to the end of the last of
 * them. For the metrics and the access log, which add up what they are told. */
void vzh_engine_took(vzh_request* r, int64_t ns) VZ_NOEXCEPT;
#define VZH_SLOW_QUERIES_MAX 100000u /* capacity */
typedef struct vzh_slow_settings {
    uint64_t threshold_ms;
    uint64_t capacity;
} vzh_slow_settings;
typedef struct vzh_slow_query {
    int64_t ended_ms; /* unix time */
    vz_str collection;
    vz_str route;
    vz_str request_id;
    vz_str plan;     /* absent: it was not searched by vectors, or failed */
    uint32_t effort; /* likewise */
    uint32_t k;
    int64_t took_ns;
} vzh_slow_query;
/* [any] The slow queries of the process, by whichever frontend they came, newest first; what visit gets lives until it
 * returns. */
void vzh_each_slow_query(void (*visit)(void* user, const vzh_slow_query* query) VZ_NOEXCEPT, void* user) VZ_NOEXCEPT;
/* [any] What is slow at the address that was asked, log.slow_ms at first, and how many the process keeps: the oldest
 * make room, 1000 at first. */
vzh_slow_settings vzh_slow(const vzh_request* r) VZ_NOEXCEPT;
void vzh_set_slow(vzh_request* r, vzh_slow_settings settings) VZ_NOEXCEPT;

/* [any], one call at a time. The request searches, for so many hits; of several searches the most count. It is among
 * the slow queries if it takes long, whether it is answered or fails. */
void vzh_searches(vzh_request* r, uint32_t k) VZ_NOEXCEPT;
/* [any], one call at a time. A search of the request was done so: a static text, and the effort of its graphs. For the
 * access log; of several that differ, "mixed" and the largest. */
void vzh_searched(vzh_request* r, const char* plan, uint32_t effort) VZ_NOEXCEPT;

/* [any] Room for at_least more bytes of the answer's body at the returned place; vzh_wrote says how many were written.
 * NULL: the answer would pass limits.answer_mb, or memory is short, as vzh_is_starved tells: end with vzh_refuse. */
char* vzh_space(vzh_request* r, uint64_t at_least, uint64_t* size) VZ_NOEXCEPT;
void vzh_wrote(vzh_request* r, uint64_t bytes) VZ_NOEXCEPT;
/* [any] 1: the last vzh_space found no memory, or none left in the budget of limits.bodies_mb: the same request may
 * well be answered later (503). */
uint32_t vzh_is_starved(const vzh_request* r) VZ_NOEXCEPT;
/* [any] The request has changed something, or may have: from here on its answer passes limits.answer_mb and the budget
 * of memory rather than being refused, for a refusal says that nothing was done. What may be of any length is better
 * measured before. */
void vzh_acted(vzh_request* r) VZ_NOEXCEPT;
/* [any] Forgets what was written so far, or cuts it to `bytes`. */
void vzh_truncate(vzh_request* r, uint64_t bytes) VZ_NOEXCEPT;
/* [any] An extra header of the answer; both parts are copied. */
void vzh_header(vzh_request* r, const char* name, vz_str value) VZ_NOEXCEPT;
/* [any] Sends. */
void vzh_reply(vzh_request* r, uint32_t status, const char* content_type) VZ_NOEXCEPT;
/* [any] Sends the standard error body instead of what was written:
 * {"error_type","message","details","status_code","request_id"}. details is a JSON object, absent: {}. */
void vzh_refuse(vzh_request* r, uint32_t status, const char* error_type, vz_str message, vz_str details) VZ_NOEXCEPT;

/* [host, in create] A static file at an exact path, gzipped content of `size` bytes kept by the caller for the life of
 * the process. */
vz_status vzh_file(vzh_mount* mount, const char* path, const void* gzip, uint64_t size, const char* content_type,
                   vz_error* error) VZ_NOEXCEPT;

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif
