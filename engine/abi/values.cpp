// Small durable values of the whole database.
#include "engine/abi/change.hpp"
#include "engine/abi/handle.hpp"
#include "engine/base/bytes.hpp"
#include "engine/base/id.hpp"
#include "engine/base/limits.hpp"

using namespace vz;  // NOLINT(google-build-using-namespace): bodies of the ABI

extern "C" {

VZ_API vz_status vz_value_put(vz_engine* engine, const vz_value_request* request, vz_change* change,
                              vz_error* error) VZ_NOEXCEPT {
    return guard_engine(engine, error, [&]() -> Status {
        vz_change given;
        VZ_TRY(take_change(change, 0, &given));
        vz_value_request wanted;
        VZ_TRY(take_in(request, &wanted));
        if (wanted.value_count == 0 || wanted.values == nullptr) {
            return failure(VZ_INVALID_ARGUMENT, "there are no values").field("values").reason(VZ_REASON_REQUIRED);
        }
        VZ_TRY(check_elements(wanted.values, wanted.value_count, "values"));
        std::vector<std::pair<std::string, std::optional<std::string>>> values;
        for (uint32_t i = 0; i < wanted.value_count; ++i) {
            const vz_value& from = *VZ_AT(vz_value, wanted.values, i);
            VZ_TRY(no_reserved(from.reserved));
            const std::string_view key = view(from.key);
            if (key.empty() || key.size() > kValueKeyBytesMax) {
                return failure(VZ_INVALID_ARGUMENT, "a key has 1 to %llu bytes",
                               static_cast<unsigned long long>(kValueKeyBytesMax))
                    .field("values.key")
                    .reason(VZ_REASON_RANGE)
                    .item(i);
            }
            if (!is_valid_utf8(key)) {
                return failure(VZ_INVALID_ARGUMENT, "a key is valid UTF-8")
                    .field("values.key")
                    .reason(VZ_REASON_NAME)
                    .item(i);
            }
            if (from.value.size > kValueBytesMax) {
                return failure(VZ_LIMIT_EXCEEDED, "a value has at most %llu bytes",
                               static_cast<unsigned long long>(kValueBytesMax))
                    .field("value_bytes_max")
                    .expected(kValueBytesMax)
                    .actual(static_cast<int64_t>(from.value.size))
                    .item(i);
            }
            std::optional<std::string> value;
            if (from.value.data != nullptr) value = std::string(view(from.value));
            values.emplace_back(key, std::move(value));
        }
        VZ_ASSIGN(const EditOutcome outcome, engine->engine->catalogue().put_values(values, given.request_id));
        return answer_change(outcome, given, change);
    });
}

VZ_API vz_status vz_value_list(vz_engine* engine, vz_str prefix, vz_result** out, vz_error* error) VZ_NOEXCEPT {
    return guard_engine(engine, error, [&]() -> Status {
        VZ_TRY(check_out(out));
        auto result = std::make_unique<vz_result>(&engine->results);
        Descriptions* const described = result->describe(VZ_RESULT_VALUES);
        for (const Catalogue::Value& from : engine->engine->catalogue().values(view(prefix))) {
            vz_value value = {};
            value.struct_size = sizeof(value);
            value.key = described->keep(from.key);
            value.value = described->keep(from.value);
            value.lsn = from.lsn;
            described->values.push_back(value);
        }
        *out = result.release();
        return {};
    });
}

}  // extern "C"
