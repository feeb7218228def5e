/* A whole session of a C program: every function and every kind of operation, over checkpoint, close and reopen, by
 * call and by submission, and by eight threads at once. */
#include <glob.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/abi/session.h"

static void on_log(void* user, const vz_log_record* record) VZ_NOEXCEPT {
    (void)user;
    EXPECT(record->level >= VZ_LOG_ERROR && record->level <= VZ_LOG_INFO);
    EXPECT(record->struct_size >= sizeof(vz_log_record) && record->event.size > 0);
}

static void on_sample(void* user, const vz_sample* sample) VZ_NOEXCEPT {
    uint64_t* visited = user;
    if (sample->kind >= VZ_SAMPLE_COUNTER && sample->kind <= VZ_SAMPLE_HISTOGRAM && sample->name.size > 0) (*visited)++;
}

static void tells_about_itself(void) {
    EXPECT(vz_abi_version() >> 16 == 1 && vz_abi_version() >= VZ_ABI_VERSION);
    EXPECT(strlen(vz_build_info()) > 0 && strchr(vz_build_info(), '\n') == NULL);
    const char* const names[] = {"VZ_OK",
                                 "VZ_INVALID_ARGUMENT",
                                 "VZ_NOT_FOUND",
                                 "VZ_ALREADY_EXISTS",
                                 "VZ_CONFLICT",
                                 "VZ_UNSUPPORTED",
                                 "VZ_LIMIT_EXCEEDED",
                                 "VZ_BUSY",
                                 "VZ_DEADLINE_EXCEEDED",
                                 "VZ_CANCELLED",
                                 "VZ_DISK_FULL",
                                 "VZ_READ_ONLY",
                                 "VZ_OUTCOME_UNKNOWN",
                                 "VZ_CORRUPTION",
                                 "VZ_IO_ERROR",
                                 "VZ_OUT_OF_MEMORY",
                                 "VZ_MISUSE",
                                 "VZ_INTERNAL"};
    for (uint32_t i = 0; i < COUNT(names); i++) EXPECT(strcmp(vz_status_name(i), names[i]) == 0);
    EXPECT(strcmp(vz_status_name(COUNT(names)), "VZ_UNKNOWN") == 0);
}

static vz_engine* open_engine(const char* path, uint32_t flags) {
    vz_error error;
    vz_engine_options options = NEW(vz_engine_options);
    options.flags = flags;
    options.log = on_log;
    vz_engine* engine = NULL;
    EXPECT_STATUS(VZ_OK, vz_engine_open(text(path), &options, &engine, &error));
    if (engine == NULL) exit(finish("abi.session"));
    return engine;
}

static void is_alone(const char* path) {
    vz_error error;
    vz_engine* second = NULL;
    EXPECT_STATUS(VZ_BUSY, vz_engine_open(text(path), NULL, &second, &error));
    EXPECT(error.reason == VZ_REASON_IN_USE && second == NULL);
}

static void counts(struct client client) {
    vz_error error;
    vz_engine_stats stats = NEW(vz_engine_stats);
    EXPECT_STATUS(VZ_OK, vz_engine_stats_read(client.engine, &stats, &error));
    EXPECT(stats.state == VZ_STATE_READY && stats.durable_lsn == stats.last_lsn && stats.results_held == 0);
    EXPECT(stats.collections == 1 && stats.points == 4 && stats.open_ns > 0 && stats.quarantined == 0);
    uint64_t visited = 0;
    EXPECT_STATUS(VZ_OK, vz_engine_samples(client.engine, on_sample, &visited, &error));
    EXPECT(visited > 0);
}

static void is_on_disk(struct client client, uint32_t sealed) {
    vz_error error;
    vz_result* result = NULL;
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_PERSISTENCE_READ, text("films"), NULL, &result, &error));
    uint64_t count = 0;
    const vz_persistence* report = vz_result_items(result, VZ_RESULT_PERSISTENCE, &count);
    EXPECT(count == 1);
    if (count == 1) {
        EXPECT(report->persisted == 1 && same_text(report->name, text("films")) && report->problem_count == 0);
        EXPECT(report->points == 4 && report->last_lsn <= report->durable_lsn);
        if (sealed != 0) {
            EXPECT(report->wal_points == 0 && report->segment_count >= 1 && report->segments->rows >= 1);
            EXPECT(report->segments->bytes > 0 && report->segments->file.size > 0);
        }
    }
    vz_result_release(result);
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_PERSISTENCE_READ, text(NULL), NULL, &result, &error));
    EXPECT(vz_result_items(result, VZ_RESULT_PERSISTENCE, &count) != NULL && count == 1);
    vz_result_release(result);
}

/* A checkpoint changes where rows lie, and nothing else; an engine without sealed segments refuses it. */
static void checkpoints(struct client client) {
    vz_error error;
    const uint64_t before = fingerprint(client, "films");
    uint64_t lsn = 0;
    memset(&error, 0, sizeof(error));
    const vz_status status = perform(client, VZ_OP_CHECKPOINT, text("films"), NULL, &lsn, &error);
    if (status == VZ_UNSUPPORTED) {
        EXPECT(lsn == 0 && error.status == VZ_UNSUPPORTED && fingerprint(client, "films") == before);
        return;
    }
    EXPECT(status == VZ_OK && lsn > 0);
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_CHECKPOINT, text(NULL), NULL, NULL, &error));
    EXPECT(fingerprint(client, "films") == before);
    is_on_disk(client, 1);
    vz_collection_stats stats = NEW(vz_collection_stats);
    EXPECT_STATUS(VZ_OK, vz_collection_stats_read(client.engine, text("films"), &stats, &error));
    EXPECT(stats.points == 4 && stats.sealed_segments >= 1 && stats.growing_rows == 0 && stats.disk_bytes > 0);
}

/* Files that were just written are as they were written. */
static void verifies(struct client client) {
    vz_error error;
    vz_verify_request request = NEW(vz_verify_request);
    vz_result* result = NULL;
    memset(&error, 0, sizeof(error));
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_VERIFY, text("films"), &request, &result, &error));
    uint64_t count = 1;
    vz_result_items(result, VZ_RESULT_FINDINGS, &count);
    EXPECT(count == 0);
    vz_result_release(result);
    EXPECT_STATUS(VZ_NOT_FOUND, perform(client, VZ_OP_VERIFY, text("nowhere"), &request, &result, &error));
}

static void checks_directory(const char* path) {
    vz_error error;
    vz_directory_request request = NEW(vz_directory_request);
    request.kind = VZ_DIRECTORY_CHECK;
    vz_result* result = NULL;
    memset(&error, 0, sizeof(error));
    const vz_status status = vz_directory_run(text(path), &request, &result, &error);
    EXPECT(status == VZ_OK || status == VZ_UNSUPPORTED);
    uint64_t count = 0;
    if (status == VZ_OK) {
        const vz_finding* finding = vz_result_items(result, VZ_RESULT_FINDINGS, &count);
        for (uint64_t i = 0; i < count; i++) EXPECT(VZ_AT(vz_finding, finding, i)->status == VZ_OK);
    }
    vz_result_release(result);
    request.kind = VZ_DIRECTORY_SALVAGE;
    EXPECT_STATUS(VZ_UNSUPPORTED, vz_directory_run(text(path), &request, &result, &error));
}

static void closes_only_when_released(struct client client) {
    vz_error error;
    const vz_str ids[] = {text("7")};
    vz_get_request get = NEW(vz_get_request);
    get.count = 1;
    get.ids = ids;
    vz_result* held = NULL;
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_GET, text("films"), &get, &held, &error));
    EXPECT_STATUS(VZ_BUSY, vz_engine_close(client.engine, &error));
    EXPECT(error.reason == VZ_REASON_RESULTS);
    vz_rows rows = NEW(vz_rows);
    EXPECT_STATUS(VZ_OK, vz_result_rows(held, 0, &rows, &error));
    EXPECT(rows.count == 1);
    vz_result_release(held);
    EXPECT_STATUS(VZ_OK, vz_engine_close(client.engine, &error));
}

/* Opened read-only it answers the same and changes nothing. */
static void only_reads(const char* path, uint64_t wanted) {
    vz_error error;
    vz_engine_options options = NEW(vz_engine_options);
    options.flags = VZ_OPEN_READ_ONLY | VZ_OPEN_MUST_EXIST;
    struct client client = {NULL, BY_CALL};
    memset(&error, 0, sizeof(error));
    EXPECT_STATUS(VZ_OK, vz_engine_open(text(path), &options, &client.engine, &error));
    EXPECT(fingerprint(client, "films") == wanted);
    EXPECT_STATUS(VZ_READ_ONLY, vz_collection_drop(client.engine, text("films"), NULL, &error));
    EXPECT_STATUS(VZ_OK, vz_engine_close(client.engine, &error));
}

static int forbid_writing(const char* path, const struct stat* status, int kind, struct FTW* where) {
    (void)where;
    return chmod(path, (status->st_mode & 0555U) | (kind == FTW_D ? 0555U : 0444U));
}

static int allow_writing(const char* path, const struct stat* status, int kind, struct FTW* where) {
    (void)kind;
    (void)where;
    return chmod(path, status->st_mode | 0200U);
}

/* So it is opened by who may read the directory and nothing else. */
static void only_reads_what_it_must_not_write(const char* path, uint64_t wanted) {
    EXPECT(nftw(path, forbid_writing, 16, FTW_PHYS) == 0);
    const pid_t child = fork();
    if (child == 0) {
        const uid_t nobody = 65534;
        if (geteuid() == 0 && setuid(nobody) != 0) _exit(1);
        const int failures = atomic_load(&expect_failures);
        only_reads(path, wanted);
        _exit(atomic_load(&expect_failures) == failures ? 0 : 1);
    }
    int status = 0;
    EXPECT(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    EXPECT(nftw(path, allow_writing, 16, FTW_PHYS) == 0);
}

/* Damaged files set their collections aside; the engine says how many. */
static void counts_what_is_set_aside(const char* path) {
    vz_error error;
    char pattern[96];
    glob_t files;
    snprintf(pattern, sizeof(pattern), "%s/seg/S-*", path);
    EXPECT(glob(pattern, 0, NULL, &files) == 0);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        chmod(files.gl_pathv[i], 0644);
        FILE* file = fopen(files.gl_pathv[i], "r+b");
        EXPECT(file != NULL && fseek(file, 4200, SEEK_SET) == 0 && fwrite("damaged", 7, 1, file) == 1 &&
               fclose(file) == 0);
    }
    globfree(&files);
    vz_engine* engine = open_engine(path, VZ_OPEN_MUST_EXIST);
    vz_engine_stats stats = NEW(vz_engine_stats);
    EXPECT_STATUS(VZ_OK, vz_engine_stats_read(engine, &stats, &error));
    vz_result* list = NULL;
    EXPECT_STATUS(VZ_OK, vz_collection_list(engine, &list, &error));
    uint64_t count = 0;
    uint64_t set_aside = 0;
    const vz_collection_info* infos = vz_result_items(list, VZ_RESULT_COLLECTIONS, &count);
    for (uint64_t i = 0; i < count; i++) set_aside += VZ_AT(vz_collection_info, infos, i)->damage.size != 0 ? 1 : 0;
    EXPECT(set_aside != 0 && stats.quarantined == set_aside);
    vz_result_release(list);
    EXPECT_STATUS(VZ_OK, vz_engine_close(engine, &error));
}

static void play(int how) {
    vz_error error;
    char path[64];
    make_directory(path);
    struct client client = {open_engine(path, 0), how};
    is_alone(path);
    act_collections(client);
    create_plain(client, "films");
    act_points(client, "films");
    act_values(client);
    act_later(client, "films");
    act_once(client, "films", VZ_APPLIED);
    counts(client);
    is_on_disk(client, 0);
    const uint64_t growing = fingerprint(client, "films");
    checkpoints(client);
    verifies(client);
    closes_only_when_released(client);
    client.engine = open_engine(path, VZ_OPEN_MUST_EXIST);
    EXPECT(fingerprint(client, "films") == growing);
    counts(client);
    act_once(client, "films", VZ_REPLAYED);
    act_points(client, "films");
    act_filters(client, "sieve");
    act_texts(client, "shelf");
    act_persistence(client, "ledger");
    vz_result* values = NULL;
    EXPECT_STATUS(VZ_OK, vz_value_list(client.engine, text("session/"), &values, &error));
    uint64_t count = 0;
    EXPECT(vz_result_items(values, VZ_RESULT_VALUES, &count) != NULL && count == 1);
    vz_result_release(values);
    const uint64_t after = fingerprint(client, "films");
    EXPECT_STATUS(VZ_OK, vz_engine_close(client.engine, &error));
    only_reads_what_it_must_not_write(path, after);
    checks_directory(path);
    counts_what_is_set_aside(path);
    remove_directory(path);
    EXPECT(vz_engine_open(text(path),
                          &(vz_engine_options){.struct_size = sizeof(vz_engine_options), .flags = VZ_OPEN_MUST_EXIST},
                          &client.engine, &error) != VZ_OK);
}

struct player {
    struct client client;
    char name[16];
};

static void* play_points(void* argument) {
    const struct player* player = argument;
    create_plain(player->client, player->name);
    for (int i = 0; i < 3; i++) act_points(player->client, player->name);
    return NULL;
}

static void play_in_threads(void) {
    vz_error error;
    char path[64];
    make_directory(path);
    vz_engine* engine = open_engine(path, 0);
    struct player players[8];
    pthread_t threads[8];
    for (int i = 0; i < 8; i++) {
        players[i].client = (struct client){engine, i % 2 == 0 ? BY_CALL : BY_SUBMIT};
        snprintf(players[i].name, sizeof(players[i].name), "thread-%d", i);
        if (pthread_create(&threads[i], NULL, play_points, &players[i]) != 0) exit(1);
    }
    for (int i = 0; i < 8; i++) pthread_join(threads[i], NULL);
    EXPECT_STATUS(VZ_OK, vz_engine_close(engine, &error));
    remove_directory(path);
}

int main(void) {
    tells_about_itself();
    play(BY_CALL);
    play(BY_SUBMIT);
    play_in_threads();
    vz_error error;
    EXPECT_STATUS(VZ_OK, vz_engine_close(NULL, &error));
    vz_result_release(NULL);
    return finish("abi.session");
}
