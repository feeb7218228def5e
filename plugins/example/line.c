/* A whole frontend: one client at a time, one line of text per request, one thread.
 *
 *   PING                      OK
 *   CREATE coll dim           OK               cosine
 *   PUT coll id payload f...  OK version       payload: JSON without blanks, or - for none
 *   SEARCH coll k f...        HIT id score payload, best first, then OK hits
 *   anything that fails       ERR status field: message
 *
 * It listens on the loopback interface. Key of its configuration: `port` [15050]; 0 takes any free one, which the log
 * names. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "vectorizer/frontend.h"

enum { LINE_BYTES_MAX = 1 << 20, DIM_MAX = 65536, K_MAX = 1000 };

struct vz_frontend {
    const vz_host* host;
    vz_engine* engine;
    uint16_t port;
    int listener;
    int client; /* of the thread alone */
    pthread_t thread;
    atomic_bool draining; /* looked at ten times a second */
    atomic_bool busy;     /* lines are being executed and answered */
    FILE* answer;         /* of the current line, in memory until it is known to be good */
    float vector[DIM_MAX];
    char line[LINE_BYTES_MAX];
};

static vz_str str(const char* text) { return (vz_str){text, strlen(text)}; }

static vz_status fail(vz_error* error, vz_status status, const char* field, const char* message) {
    *error = (vz_error){.status = status, .item = VZ_NO_ITEM};
    snprintf(error->field, sizeof error->field, "%s", field);
    snprintf(error->message, sizeof error->message, "%s", message);
    return status;
}

static int parse_number(const char* text, unsigned long most, uint32_t* out) {
    char* end = NULL;
    if (text == NULL || *text < '0' || *text > '9') return 0;
    errno = 0;
    const unsigned long number = strtoul(text, &end, 10);
    if (errno != 0 || *end != 0 || number > most) return 0;
    *out = (uint32_t)number;
    return 1;
}

/* The rest of the line as one vector; whether its numbers are finite is for the engine to say. */
static int parse_vector(struct vz_frontend* self, char** rest, vz_matrix* out) {
    uint32_t dim = 0;
    for (char* word; (word = strtok_r(NULL, " ", rest)) != NULL; ++dim) {
        char* end = NULL;
        if (dim == DIM_MAX) return 0;
        self->vector[dim] = strtof(word, &end);
        if (*end != 0) return 0;
    }
    *out = (vz_matrix){.data = self->vector, .rows = 1, .dim = dim, .element = VZ_F32};
    return dim != 0;
}

/* A stored text may hold line breaks; within JSON they are mere white space. */
static void put_text(FILE* out, vz_str text) {
    for (uint64_t i = 0; i < text.size; ++i) putc((unsigned char)text.data[i] < ' ' ? ' ' : text.data[i], out);
}

static vz_status create_collection(struct vz_frontend* self, char** rest, vz_error* error) {
    const char* name = strtok_r(NULL, " ", rest);
    vz_vector_field field = {.struct_size = sizeof field, .metric = VZ_COSINE};
    if (!parse_number(strtok_r(NULL, " ", rest), UINT32_MAX, &field.dim))
        return fail(error, VZ_INVALID_ARGUMENT, "dim", "CREATE coll dim");
    const vz_schema schema = {.struct_size = sizeof schema, .vector_fields = &field, .vector_field_count = 1};
    const vz_status status = vz_collection_create(self->engine, str(name), &schema, NULL, error);
    if (status == VZ_OK) fputs("OK\n", self->answer);
    return status;
}

static vz_status put(struct vz_frontend* self, char** rest, vz_error* error) {
    const char* collection = strtok_r(NULL, " ", rest);
    const char* id = strtok_r(NULL, " ", rest);
    const char* payload = strtok_r(NULL, " ", rest);
    vz_write_request request = {.struct_size = sizeof request, .kind = VZ_UPSERT, .count = 1};
    if (payload == NULL || !parse_vector(self, rest, &request.vectors))
        return fail(error, VZ_INVALID_ARGUMENT, "line", "PUT coll id payload f...");
    const vz_str id_text = str(id), payload_text = str(payload);
    request.ids = &id_text;
    if (strcmp(payload, "-") != 0) request.payloads = &payload_text;
    vz_write_answer answer = {.struct_size = sizeof answer};
    const vz_status status = vz_write(self->engine, str(collection), &request, &answer, error);
    if (status == VZ_OK) fprintf(self->answer, "OK %llu\n", (unsigned long long)answer.lsn);
    return status;
}

static vz_status search(struct vz_frontend* self, char** rest, vz_error* error) {
    const char* collection = strtok_r(NULL, " ", rest);
    const vz_parts parts = {.struct_size = sizeof parts, .flags = VZ_PARTS_PAYLOAD};
    vz_search_request request = {.struct_size = sizeof request, .parts = &parts};
    if (!parse_number(strtok_r(NULL, " ", rest), K_MAX, &request.k))
        return fail(error, VZ_INVALID_ARGUMENT, "k", "a number up to 1000");
    if (!parse_vector(self, rest, &request.queries))
        return fail(error, VZ_INVALID_ARGUMENT, "line", "SEARCH coll k f...");
    vz_result* result = NULL;
    vz_rows rows = {.struct_size = sizeof rows};
    vz_status status = vz_search(self->engine, str(collection), &request, &result, error);
    if (status == VZ_OK) status = vz_result_rows(result, 0, &rows, error);
    for (uint64_t i = 0; status == VZ_OK && i < rows.count; ++i) {
        fputs("HIT ", self->answer);
        put_text(self->answer, rows.ids[i]);
        fprintf(self->answer, " %.9g ", (double)rows.scores[i]);
        put_text(self->answer, rows.payloads[i]);
        putc('\n', self->answer);
    }
    /* Last, for it vouches for what was copied out above. */
    if (status == VZ_OK) status = vz_result_check(result, error);
    if (status == VZ_OK) fprintf(self->answer, "OK %llu\n", (unsigned long long)rows.count);
    vz_result_release(result);
    return status;
}

static int send_all(int client, const char* bytes, size_t size) {
    for (ssize_t sent = 0; size > 0; bytes += sent, size -= (size_t)sent) {
        if ((sent = send(client, bytes, size, MSG_NOSIGNAL)) <= 0) return 0;
    }
    return 1;
}

static int answer_line(struct vz_frontend* self, char* line) {
    char* bytes = NULL;
    size_t size = 0;
    vz_error error = {.status = VZ_OK};
    char* rest = NULL;
    const char* verb = strtok_r(line, " ", &rest);
    vz_status status = VZ_OK;
    if ((self->answer = open_memstream(&bytes, &size)) == NULL) return 0;
    if (verb != NULL && strcmp(verb, "PING") == 0)
        fputs("OK\n", self->answer);
    else if (verb != NULL && strcmp(verb, "CREATE") == 0)
        status = create_collection(self, &rest, &error);
    else if (verb != NULL && strcmp(verb, "PUT") == 0)
        status = put(self, &rest, &error);
    else if (verb != NULL && strcmp(verb, "SEARCH") == 0)
        status = search(self, &rest, &error);
    else
        status = fail(&error, VZ_INVALID_ARGUMENT, "line", "PING, CREATE, PUT or SEARCH");
    if (status != VZ_OK) {
        rewind(self->answer);
        fprintf(self->answer, "ERR %s %s: %s\n", vz_status_name(status), error.field, error.message);
    }
    const int whole = ferror(self->answer) == 0;
    const int good = fclose(self->answer) == 0 && whole && send_all(self->client, bytes, size);
    free(bytes);
    return good;
}

/* 1: there is something to read or to accept. 0: no more work is wanted. */
static int wait_for(struct vz_frontend* self, int descriptor) {
    struct pollfd poll_one = {.fd = descriptor, .events = POLLIN};
    while (!atomic_load(&self->draining)) {
        if (poll(&poll_one, 1, 100) > 0) return 1;
    }
    return 0;
}

/* Executes the whole lines of self->line; what is left of the last one moves to the front. 0: the client has to go. */
static int answer_lines(struct vz_frontend* self, size_t* have) {
    char* begin = self->line;
    for (char* end; (end = memchr(begin, '\n', *have)) != NULL; begin = end + 1) {
        *have -= (size_t)(end + 1 - begin);
        *end = 0;
        if (strlen(begin) != (size_t)(end - begin)) return 0; /* a NUL is no text */
        if (end > begin && end[-1] == '\r') end[-1] = 0;
        if (!answer_line(self, begin)) return 0;
    }
    memmove(self->line, begin, *have);
    return *have < sizeof self->line; /* a line that does not fit */
}

static void serve_client(struct vz_frontend* self) {
    size_t have = 0;
    int good = 1;
    while (good && wait_for(self, self->client)) {
        /* Raised before `draining` is looked at, which drain sets before idle looks at `busy`: no line slips between.
         */
        atomic_store(&self->busy, 1);
        const ssize_t got =
            atomic_load(&self->draining) ? 0 : recv(self->client, self->line + have, sizeof self->line - have, 0);
        good = got > 0;
        if (good) {
            have += (size_t)got;
            good = answer_lines(self, &have);
        }
        atomic_store(&self->busy, 0);
    }
}

static void* run(void* argument) {
    struct vz_frontend* self = argument;
    const struct timeval patience = {.tv_sec = 2}; /* with a client that does not read: stop has five seconds */
    while (wait_for(self, self->listener)) {
        self->client = accept4(self->listener, NULL, NULL, SOCK_CLOEXEC);
        if (self->client < 0) continue;
        setsockopt(self->client, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
        serve_client(self);
        close(self->client);
    }
    return NULL;
}

static vz_status create(const vz_host* host, vz_frontend** out, vz_error* error) {
    const vz_config_service* config = host->service(host, VZ_SERVICE_CONFIG);
    vz_str value = {NULL, 0};
    uint32_t port = 15050;
    char key[300]; /* its own alone: the port of `server:` is that of HTTP */
    snprintf(key, sizeof key, "frontends.%s.port", host->instance.data);
    if (config->get(host, str(key), &value) && !parse_number(value.data, 65535, &port))
        return config->reject(host, str("port"), str("must be a number up to 65535"), error);
    struct vz_frontend* self = calloc(1, sizeof *self);
    if (self == NULL) return fail(error, VZ_OUT_OF_MEMORY, "", "no memory for a frontend");
    self->host = host;
    self->engine = host->engine;
    self->port = (uint16_t)port;
    *out = self;
    return VZ_OK;
}

static vz_status start(vz_frontend* self, vz_error* error) {
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(self->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    const int yes = 1;
    char where[32], problem[128];
    snprintf(where, sizeof where, "127.0.0.1:%u", (unsigned)self->port);
    self->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (self->listener < 0 || setsockopt(self->listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 ||
        bind(self->listener, (const struct sockaddr*)&address, sizeof address) != 0 ||
        listen(self->listener, 16) != 0 || getsockname(self->listener, (struct sockaddr*)&address, &size) != 0 ||
        (errno = pthread_create(&self->thread, NULL, run, self)) != 0) {
        snprintf(problem, sizeof problem, "cannot listen on %s: %s", where, strerror(errno));
        fail(error, VZ_IO_ERROR, "port", problem);
        if (self->listener >= 0) close(self->listener);
        return VZ_IO_ERROR;
    }
    snprintf(where, sizeof where, "127.0.0.1:%u", (unsigned)ntohs(address.sin_port));
    const vz_health_service* health = self->host->service(self->host, VZ_SERVICE_HEALTH);
    health->report(self->host, VZ_HEALTH_READY, str(where));
    return VZ_OK;
}

static void drain(vz_frontend* self) { atomic_store(&self->draining, 1); }

static uint32_t idle(vz_frontend* self) { return atomic_load(&self->busy) ? 0 : 1; }

static void stop(vz_frontend* self) {
    drain(self);
    pthread_join(self->thread, NULL);
    close(self->listener);
}

static void destroy(vz_frontend* self) { free(self); }

static const void* extension(vz_frontend* self, const char* id) { return (void)self, (void)id, NULL; }

static const vz_frontend_descriptor descriptor = {
    sizeof descriptor, VZ_ABI_VERSION, "dev.vectorizer.line", "Line", "1.0.0", create, start, drain, idle, stop,
    destroy,           extension};

__attribute__((visibility("default"))) const vz_frontend_descriptor* vz_frontend_entry_v1(uint32_t host_abi);
const vz_frontend_descriptor* vz_frontend_entry_v1(uint32_t host_abi) {
    return host_abi >> 16 == VZ_ABI_VERSION >> 16 ? &descriptor : NULL;
}
