/* The frontend API: what a plugin exports and the host offers it. C ABI 1.0.
 *
 * A plugin is a shared library with one exported function, vz_frontend_entry_v1. It keeps all its state in its own
 * struct vz_frontend, links libvectorizer.so.1, installs no signal handler, calls no fork, exit, abort, setlocale or
 * chdir, prints nothing, and leaves nothing to be done at the exit of the process. The host never unloads it.
 *
 * Functions tagged [host] are called by the host on its main thread, one at a time.
 */
#ifndef VECTORIZER_FRONTEND_H
#define VECTORIZER_FRONTEND_H

#include "vectorizer/engine.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct vz_frontend vz_frontend; /* the plugin's own */

/* Growable. Lives from `create` until `destroy` returns. */
typedef struct vz_host vz_host;
struct vz_host {
    uint32_t struct_size;
    uint32_t abi;      /* VZ_ABI_VERSION of the host */
    vz_engine* engine; /* shared by all frontends, not theirs to close */
    vz_str instance;   /* its name in the configuration; NUL-terminated */
    /* [any] a service table, or NULL: not here. */
    const void* (*service)(const vz_host* host, const char* id)VZ_NOEXCEPT;
};

/* Growable, static.
 *
 *  loaded --create--> created --start--> running --drain--> draining --stop--> stopped --destroy--> gone
 *
 * create fails: nothing to destroy. start fails: only destroy follows. stop may come without drain. */
typedef struct vz_frontend_descriptor {
    uint32_t struct_size;
    uint32_t abi;        /* VZ_ABI_VERSION it was built with; the major must be the host's */
    const char* id;      /* reverse domain: "dev.vectorizer.rest" */
    const char* name;    /* for people */
    const char* version; /* of the plugin */
    /* [host] Configuration read and checked; no thread, no socket. Host limit 10 s. */
    vz_status (*create)(const vz_host* host, vz_frontend** out, vz_error* error) VZ_NOEXCEPT;
    /* [host] Serving, or failed with nothing left behind. Host limit 10 s. */
    vz_status (*start)(vz_frontend* self, vz_error* error) VZ_NOEXCEPT;
    /* [host] At once: no new work is accepted; what is in flight goes on and is answered. */
    void (*drain)(vz_frontend* self) VZ_NOEXCEPT;
    /* [host] 1: nothing in flight. Polled every 5 ms while draining. */
    uint32_t (*idle)(vz_frontend* self) VZ_NOEXCEPT;
    /* [host] Complete: threads joined, sockets closed, operations done, results released. Limit 5 s. */
    void (*stop)(vz_frontend* self) VZ_NOEXCEPT;
    /* [host] Memory freed; host is not used again. Left out where operations outlast stop, as the process is
     * about to end: what they use stays. */
    void (*destroy)(vz_frontend* self) VZ_NOEXCEPT;
    /* [any] Optional abilities of the plugin by id; NULL: none. */
    const void* (*extension)(vz_frontend* self, const char* id)VZ_NOEXCEPT;
} vz_frontend_descriptor;

/* Optional ability, a frozen table. */
#define VZ_EXTENSION_RELOAD "vz.reload/1"
typedef struct vz_reload_extension {
    /* [host, running] The configuration was read again: take up of it what can change while serving, or keep all as it
     * was and say why not. The host names what needs a restart. */
    vz_status (*reload)(vz_frontend* self, vz_error* error) VZ_NOEXCEPT;
} vz_reload_extension;

/* The one export of a plugin. [host] NULL: the plugin cannot live with a host of this ABI. */
typedef const vz_frontend_descriptor* (*vz_frontend_entry_fn)(uint32_t host_abi)VZ_NOEXCEPT;
#define VZ_FRONTEND_ENTRY_V1 "vz_frontend_entry_v1"

/* Host services: frozen tables, all functions [any]. The five of 1.0 are always there. */

#define VZ_SERVICE_LOG "vz.log/1"
typedef struct vz_log_service {
    uint32_t (*level)(const vz_host* host) VZ_NOEXCEPT; /* records above it are dropped */
    /* The host adds time and the instance's name. Each key stands once: a field that is called "time", "level",
     * "instance", "event" or "message" is left out, and so is one whose key an earlier field has. A record that is
     * smaller than in 1.0 is no record: "abi.misuse" is logged instead. */
    void (*write)(const vz_host* host, const vz_log_record* record) VZ_NOEXCEPT;
} vz_log_service;

#define VZ_SERVICE_CONFIG "vz.config/1"
typedef void (*vz_config_visit_fn)(void* user, vz_str key, vz_str value) VZ_NOEXCEPT;
typedef struct vz_config_service {
    /* 1: found. Keys of this instance over those of `server:`, flattened with dots; lists as key.0, key.1, ... A whole
     * name, "frontends.<instance>.port" or "server.port", asks in that place alone: a protocol that does not share the
     * address of `server:` asks so for its own. Values are texts, NUL-terminated, valid until destroy returns. A key
     * that create did not ask for is an unknown key: the host refuses it. */
    uint32_t (*get)(const vz_host* host, vz_str key, vz_str* value) VZ_NOEXCEPT;
    /* Visits, in file order, each key that is prefix or begins with prefix and a dot, and counts as asking for it. */
    void (*list)(const vz_host* host, vz_str prefix, vz_config_visit_fn visit, void* user) VZ_NOEXCEPT;
    /* Fills error with file, line and key, and returns VZ_INVALID_ARGUMENT. */
    vz_status (*reject)(const vz_host* host, vz_str key, vz_str reason, vz_error* error) VZ_NOEXCEPT;
} vz_config_service;

#define VZ_SERVICE_METRICS "vz.metrics/1"
/* Frozen. One series to declare: name, kind, labels; bounds for histograms, ascending. */
typedef struct vz_series {
    vz_str name;
    vz_str help;
    const vz_kv* labels;
    const double* bounds;
    uint32_t label_count;
    uint32_t bound_count;
    uint32_t kind;     /* VZ_SAMPLE_COUNTER, VZ_SAMPLE_GAUGE, VZ_SAMPLE_HISTOGRAM */
    uint32_t reserved; /* 0 */
} vz_series;
typedef struct vz_metrics_service {
    /* One id per name and label set, in any order; declaring it again gives the same id. VZ_INVALID_ARGUMENT: the name
     * is of another kind already, or one of those that a histogram h makes: h_bucket, h_sum, h_count.
     * VZ_LIMIT_EXCEEDED: there are too many series. */
    vz_status (*declare)(const vz_host* host, const vz_series* series, uint64_t* id) VZ_NOEXCEPT;
    /* NaN is neither added nor observed: "abi.misuse" is logged instead. */
    void (*add)(const vz_host* host, uint64_t id, double value) VZ_NOEXCEPT;     /* counter, gauge (may be negative) */
    void (*observe)(const vz_host* host, uint64_t id, double value) VZ_NOEXCEPT; /* histogram */
    /* Prometheus text 0.0.4 of host, engine and all frontends. */
    vz_status (*render)(const vz_host* host, vz_write_fn write, void* user) VZ_NOEXCEPT;
} vz_metrics_service;

#define VZ_SERVICE_THREAD_CHECK "vz.thread-check/1"
typedef struct vz_thread_check_service {
    uint32_t (*is_host_thread)(const vz_host* host) VZ_NOEXCEPT;
    uint32_t (*is_completion)(const vz_host* host) VZ_NOEXCEPT;
} vz_thread_check_service;

#define VZ_SERVICE_HEALTH "vz.health/1"
#define VZ_HEALTH_READY 0u
#define VZ_HEALTH_DEGRADED 1u
#define VZ_HEALTH_STARTING 2u
#define VZ_HEALTH_DRAINING 3u
#define VZ_HEALTH_POISONED 4u
#define VZ_HEALTH_FAILED 5u
typedef void (*vz_health_visit_fn)(void* user, vz_str who, uint32_t state, vz_str reason) VZ_NOEXCEPT;
typedef struct vz_health_service {
    /* This instance is ready, degraded or failed. */
    void (*report)(const vz_host* host, uint32_t state, vz_str reason) VZ_NOEXCEPT;
    /* The worst state of engine, host and instances; visit (may be NULL) is called for each that is not ready. */
    uint32_t (*read)(const vz_host* host, vz_health_visit_fn visit, void* user) VZ_NOEXCEPT;
} vz_health_service;

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif
