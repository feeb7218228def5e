#include "tests/abi/session.h"

#define POINTS 4

static const char* const kPayloads[POINTS] = {
    "{\"title\":\"The whale\",\"sea\":true}",
    "{\"title\":\"Whales and the sea\",\"sea\":true}",
    "{\"title\":\"A forest of birches\",\"sea\":false}",
    "{\"sea\":false}",
};

static void create(struct client client, const char* name) {
    vz_error error;
    vz_vector_field field = NEW(vz_vector_field);
    field.dim = 4;
    field.metric = VZ_EUCLIDEAN;
    field.flags = VZ_FIELD_COUNT_NONZERO;
    vz_field_index index = NEW(vz_field_index);
    index.kind = VZ_FIELD_INDEX_TEXT;
    index.path = text("title");
    index.language = text("klingon");
    vz_schema schema = NEW(vz_schema);
    schema.vector_fields = &field;
    schema.vector_field_count = 1;
    schema.field_indexes = &index;
    schema.field_index_count = 1;
    EXPECT_STATUS(VZ_INVALID_ARGUMENT, perform(client, VZ_OP_COLLECTION_CREATE, text(name), &schema, NULL, &error));
    EXPECT(error.reason == VZ_REASON_ENUM);
    index.language = text("en");
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_COLLECTION_CREATE, text(name), &schema, NULL, &error));

    vz_str ids[POINTS];
    vz_str payloads[POINTS];
    char id_texts[POINTS][4];
    float vectors[POINTS][4] = {{0}};
    for (int i = 0; i < POINTS; i++) {
        snprintf(id_texts[i], sizeof(id_texts[i]), "%d", i);
        ids[i] = text(id_texts[i]);
        payloads[i] = text(kPayloads[i]);
        vectors[i][0] = (float)i;
    }
    vz_write_request request = NEW(vz_write_request);
    request.kind = VZ_UPSERT;
    request.count = POINTS;
    request.ids = ids;
    request.vectors = (vz_matrix){.data = vectors, .rows = POINTS, .dim = 4, .element = VZ_F32};
    request.payloads = payloads;
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_WRITE, text(name), &request, NULL, &error));
}

/* The ids of one set of a result as one text, and its first score. */
static const char* ids_in(const vz_result* result, uint64_t set, char* out, float* first) {
    vz_error error;
    vz_rows rows = NEW(vz_rows);
    EXPECT_STATUS(VZ_OK, vz_result_rows(result, set, &rows, &error));
    out[0] = 0;
    for (uint64_t i = 0; i < rows.count; i++) {
        strncat(out, rows.ids[i].data, rows.ids[i].size);
        strcat(out, " ");
    }
    *first = rows.count > 0 ? rows.scores[0] : 0;
    return out;
}

static void rank_by_words(struct client client, const char* name) {
    vz_error error;
    vz_result* result = NULL;
    char ids[64];
    float score = 0;
    const vz_str words[2] = {text("WHALE"), text("sea of whales, the")};
    vz_text_query query = NEW(vz_text_query);
    query.texts = words;
    vz_search_request search = NEW(vz_search_request);
    search.k = 10;
    search.queries.rows = 2;
    search.text = &query;
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_SEARCH, text(name), &search, &result, &error));
    EXPECT(strcmp(ids_in(result, 0, ids, &score), "0 1 ") == 0); /* the shorter text first */
    EXPECT(score > 0);
    vz_rows by_words = NEW(vz_rows);
    EXPECT(vz_result_rows(result, 0, &by_words, NULL) == VZ_OK && by_words.plan == 0 && by_words.effort == 0);
    EXPECT(strcmp(ids_in(result, 1, ids, &score), "1 0 ") == 0);
    vz_result_release(result);
    result = NULL;

    search.queries.rows = 1;
    search.filter = text("{\"must\":{\"key\":\"sea\",\"match\":{\"value\":false}}}");
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_SEARCH, text(name), &search, &result, &error));
    EXPECT(strcmp(ids_in(result, 0, ids, &score), "") == 0);
    vz_result_release(result);
    result = NULL;

    search.filter = text(NULL);
    search.flags = VZ_SEARCH_SCORE_LIMIT;
    search.score_limit = 1000;
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_SEARCH, text(name), &search, &result, &error));
    EXPECT(strcmp(ids_in(result, 0, ids, &score), "") == 0);
    vz_result_release(result);
    result = NULL;
    search.score_limit = 0;
    search.flags = VZ_SEARCH_EXACT;
    EXPECT_STATUS(VZ_INVALID_ARGUMENT, perform(client, VZ_OP_SEARCH, text(name), &search, &result, &error));
    EXPECT(error.reason == VZ_REASON_CONFLICTING);
    search.flags = 0;
    query.path = text("body");
    EXPECT_STATUS(VZ_NOT_FOUND, perform(client, VZ_OP_SEARCH, text(name), &search, &result, &error));
    EXPECT(error.reason == VZ_REASON_FIELD_INDEX);
    query.path = text("title");
    const vz_str none = text("the ... of");
    query.texts = &none;
    EXPECT_STATUS(VZ_INVALID_ARGUMENT, perform(client, VZ_OP_SEARCH, text(name), &search, &result, &error));
    EXPECT(result == NULL);
}

static void names_the_limits(struct client client, const char* name) {
    enum { kLong = 65536, kWords = 1024, kWordBytes = 5 };
    vz_error error;
    vz_result* result = NULL;
    char* const long_text = malloc(kLong + 1);
    EXPECT(long_text != NULL);
    memset(long_text, 'a', kLong + 1);
    vz_str words = {long_text, kLong + 1};
    vz_text_query query = NEW(vz_text_query);
    query.texts = &words;
    vz_search_request search = NEW(vz_search_request);
    search.k = 1;
    search.queries.rows = 1;
    search.text = &query;
    EXPECT_STATUS(VZ_LIMIT_EXCEEDED, perform(client, VZ_OP_SEARCH, text(name), &search, &result, &error));
    EXPECT(strcmp(error.field, "query_text_bytes_max") == 0 && error.expected == kLong && error.actual == kLong + 1);
    for (int i = 0; i <= kWords; i++) snprintf(long_text + i * kWordBytes, kWordBytes + 1, "%4d ", 1000 + i);
    words.size = (kWords + 1) * kWordBytes;
    EXPECT_STATUS(VZ_LIMIT_EXCEEDED, perform(client, VZ_OP_SEARCH, text(name), &search, &result, &error));
    EXPECT(strcmp(error.field, "query_words_max") == 0 && error.expected == kWords && error.actual == kWords + 1);
    EXPECT(result == NULL);
    free(long_text);
}

static void rank_by_both(struct client client, const char* name) {
    vz_error error;
    vz_result* result = NULL;
    char ids[64];
    float score = 0;
    const float near[4] = {2, 0, 0, 0};
    const vz_str words = text("whale");
    vz_text_query query = NEW(vz_text_query);
    query.texts = &words;
    vz_search_request search = NEW(vz_search_request);
    search.k = 10;
    search.queries = (vz_matrix){.data = near, .rows = 1, .dim = 4, .element = VZ_F32};
    search.text = &query;
    EXPECT_STATUS(VZ_INVALID_ARGUMENT, perform(client, VZ_OP_SEARCH, text(name), &search, &result, &error));
    query.fusion = VZ_FUSION_RRF;
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_SEARCH, text(name), &search, &result, &error));
    /* Ranks: 1 is 2 and 2, 0 is 4 and 1, 2 is 1, 3 is 3. */
    EXPECT(strcmp(ids_in(result, 0, ids, &score), "1 0 2 3 ") == 0);
    EXPECT(score > 1.9F / 62 && score < 2.1F / 62);
    vz_result_release(result);
    result = NULL;

    query.fusion = VZ_FUSION_WEIGHTED;
    query.alpha = 0;
    search.k = 1;
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_SEARCH, text(name), &search, &result, &error));
    EXPECT(strcmp(ids_in(result, 0, ids, &score), "0 ") == 0 && score == 1.0F);
    vz_result_release(result);
    result = NULL;
    query.alpha = 1;
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_SEARCH, text(name), &search, &result, &error));
    EXPECT(strcmp(ids_in(result, 0, ids, &score), "2 ") == 0 && score == 1.0F);
    vz_result_release(result);
    result = NULL;
    /* Distances 0, 1, 1 and 2 are scores of 1, 1/2, 1/2 and 1/3. */
    search.k = 10;
    search.skip = 1;
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_SEARCH, text(name), &search, &result, &error));
    EXPECT(strcmp(ids_in(result, 0, ids, &score), "1 3 0 ") == 0 && score > 0.2499F && score < 0.2501F);
    vz_result_release(result);
    result = NULL;
    search.skip = 0;
    query.alpha = 1.5F;
    EXPECT_STATUS(VZ_INVALID_ARGUMENT, perform(client, VZ_OP_SEARCH, text(name), &search, &result, &error));
    EXPECT(error.reason == VZ_REASON_RANGE);
    EXPECT(result == NULL);
}

static void count_components(struct client client, const char* name) {
    vz_error error;
    uint64_t counts[4] = {9, 9, 9, 9};
    EXPECT_STATUS(VZ_OK, vz_component_counts(client.engine, text(name), text(NULL), counts, 4, &error));
    EXPECT(counts[0] == POINTS - 1 && counts[1] == 0 && counts[2] == 0 && counts[3] == 0);
    EXPECT_STATUS(VZ_INVALID_ARGUMENT, vz_component_counts(client.engine, text(name), text(NULL), counts, 3, &error));
    EXPECT(error.reason == VZ_REASON_DIMENSION && error.expected == 4);
    EXPECT_STATUS(VZ_NOT_FOUND, vz_component_counts(client.engine, text(name), text("other"), counts, 4, &error));
}

void act_texts(struct client client, const char* name) {
    vz_error error;
    create(client, name);
    rank_by_words(client, name);
    names_the_limits(client, name);
    rank_by_both(client, name);
    count_components(client, name);
    EXPECT_STATUS(VZ_OK, perform(client, VZ_OP_COLLECTION_DROP, text(name), NULL, NULL, &error));
}
