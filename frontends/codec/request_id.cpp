#include "frontends/codec/request_id.hpp"

#include <openssl/evp.h>

#include <cstring>
#include <initializer_list>

namespace vz::codec {

vz_uuid request_id(const RequestName& name, uint64_t part) {
    vz_uuid id{};
    if (name.idempotency_key.data == nullptr || name.idempotency_key.size == 0) return id;
    // Sizes go first, so that no two names run together.
    const uint64_t sizes[] = {name.key_id.size, name.method.size, name.path.size, name.idempotency_key.size, part};
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned int hash_size = 0;
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    bool good = context != nullptr && EVP_DigestInit_ex(context, EVP_sha256(), nullptr) == 1 &&
                EVP_DigestUpdate(context, sizes, sizeof sizes) == 1;
    for (const vz_str& text : {name.key_id, name.method, name.path, name.idempotency_key})
        good = good && EVP_DigestUpdate(context, text.data, text.size) == 1;
    good = good && EVP_DigestFinal_ex(context, hash, &hash_size) == 1;
    EVP_MD_CTX_free(context);
    if (good && hash_size >= sizeof id.bytes) std::memcpy(id.bytes, hash, sizeof id.bytes);
    return id;
}

vz_write_request question_of(const vz_uuid& request_id) {
    static constexpr vz_str kAnyId{"0", 1};
    static constexpr uint64_t kNoVersion = UINT64_MAX;
    vz_write_request question{};
    question.struct_size = sizeof question;
    question.kind = VZ_DELETE;
    question.condition = VZ_IF_VERSION;
    question.count = 1;
    question.ids = &kAnyId;
    question.versions = &kNoVersion;
    question.request_id = request_id;
    return question;
}

}  // namespace vz::codec
