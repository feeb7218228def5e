#include "engine/collection/checked_batch.hpp"

#include <cmath>
#include <string>

#include "engine/base/bytes.hpp"
#include "engine/base/limits.hpp"
#include "engine/payload/json.hpp"

namespace vz {
namespace {

Status invalid(const char* field, vz_reason reason, const char* message) {
    return failure(VZ_INVALID_ARGUMENT, "%s", message).field(field).reason(reason);
}

bool all_finite(const float* values, uint32_t dim) {
    // The sum of v * 0 is 0 for finite numbers and NaN as soon as one is not.
    float sum = 0;
    for (uint32_t i = 0; i < dim; ++i) sum += values[i] * 0.0F;
    return sum == 0.0F;
}

class Checker {
 public:
    Checker(const Schema& schema, CheckedBatch* batch) : schema_(schema), batch_(*batch) {}

    Status check(const vz_write_request& request) {
        VZ_TRY(check_shape(request));
        CheckedOperation& operation = batch_.operations.emplace_back();
        operation.kind = request.kind;
        operation.condition = request.condition;
        if (request.kind == VZ_CLEAR) return {};
        operation.patches_payloads = request.payload_mode == VZ_PAYLOAD_PATCH;
        if (request.filter.data != nullptr) return check_filtered(request, operation);
        first_item_ = batch_.items;
        batch_.items += request.count;
        if (batch_.items > kBatchPointsMax) {
            return failure(VZ_LIMIT_EXCEEDED, "a batch has at most %llu points",
                           static_cast<unsigned long long>(kBatchPointsMax))
                .field("batch_points_max")
                .expected(kBatchPointsMax)
                .actual(static_cast<int64_t>(batch_.items));
        }
        operation.items.resize(request.count);
        VZ_TRY(check_ids(request, operation));
        VZ_TRY(check_vectors(request, operation));
        return check_payloads(request, operation);
    }

 private:
    Status check_shape(const vz_write_request& request) const {
        if (request.kind < VZ_UPSERT || request.kind > VZ_CLEAR)
            return invalid("kind", VZ_REASON_ENUM, "kind is no kind of write");
        if ((request.flags & ~VZ_WRITE_PER_ITEM) != 0)
            return failure(VZ_UNSUPPORTED, "a flag of this write is not known").field("flags");
        if (request.condition > VZ_IF_VERSION) return invalid("condition", VZ_REASON_ENUM, "condition is no condition");
        if (request.expires_ms != nullptr && request.kind != VZ_UPSERT && request.kind != VZ_UPDATE) {
            return invalid("expires_ms", VZ_REASON_CONFLICTING, "upserts and updates set times of expiry");
        }
        if (request.payload_mode > VZ_PAYLOAD_PATCH)
            return invalid("payload_mode", VZ_REASON_ENUM, "payload_mode is none");
        if (request.payload_mode == VZ_PAYLOAD_PATCH && request.kind != VZ_UPDATE) {
            return invalid("payload_mode", VZ_REASON_CONFLICTING, "only an update patches payloads");
        }
        if (request.versions != nullptr && request.condition != VZ_IF_VERSION)
            return invalid("versions", VZ_REASON_CONFLICTING, "only the condition on versions takes them");
        if (request.filter.data != nullptr) return check_filtered_shape(request);
        if (request.kind == VZ_CLEAR && (request.count != 0 || request.condition != VZ_IF_ALWAYS)) {
            return invalid("count", VZ_REASON_CONFLICTING, "clear takes neither points nor a condition");
        }
        const bool removes = request.kind == VZ_DELETE || request.kind == VZ_CLEAR;
        if (removes && (request.vectors.rows != 0 || request.field_count != 0))
            return invalid("vectors", VZ_REASON_CONFLICTING, "a delete or clear takes no vectors");
        if (removes && request.payloads != nullptr)
            return invalid("payloads", VZ_REASON_CONFLICTING, "a delete or clear takes no payloads");
        if (request.condition == VZ_IF_VERSION && request.versions == nullptr) {
            return invalid("versions", VZ_REASON_REQUIRED, "this condition needs a version per point");
        }
        if (request.count != 0 && request.kind != VZ_CLEAR && request.ids == nullptr) {
            return invalid("ids", VZ_REASON_REQUIRED, "ids are missing");
        }
        return {};
    }

    static Status check_filtered_shape(const vz_write_request& request) {
        if (request.kind != VZ_UPDATE && request.kind != VZ_DELETE) {
            return invalid("filter", VZ_REASON_CONFLICTING,
                           "only an update or a delete selects its points by a filter");
        }
        if (request.count != 0 || request.ids != nullptr)
            return invalid("ids", VZ_REASON_CONFLICTING, "ids and filter exclude each other");
        if (request.condition != VZ_IF_ALWAYS)
            return invalid("condition", VZ_REASON_CONFLICTING, "a write by filter takes no condition");
        if (request.flags != 0) return invalid("flags", VZ_REASON_CONFLICTING, "a write by filter is atomic");
        if (request.vectors.rows != 0 || request.field_count != 0) {
            return invalid("vectors", VZ_REASON_CONFLICTING, "a write by filter changes no vectors");
        }
        const bool has_payload = request.payloads != nullptr && request.payloads[0].data != nullptr;
        if (request.kind == VZ_DELETE && has_payload)
            return invalid("payloads", VZ_REASON_CONFLICTING, "a delete takes a filter only");
        if (request.kind == VZ_UPDATE && !has_payload) {
            return invalid("payloads", VZ_REASON_REQUIRED, "an update by filter has one payload for all points");
        }
        return {};
    }

    static Status check_expiry(int64_t expires_ms) {
        return expires_ms < 0 ? invalid("expires_ms", VZ_REASON_RANGE, "a time of expiry is not negative") : Status();
    }

    static Status check_filtered(const vz_write_request& request, CheckedOperation& operation) {
        VZ_ASSIGN(operation.filter, RowFilter::read(view(request.filter)));
        if (operation.filter == nullptr || operation.filter->filter().is_empty())
            return invalid("filter", VZ_REASON_REQUIRED, "a write by filter needs at least one condition");
        if (request.kind == VZ_DELETE) return {};
        if (request.expires_ms != nullptr) {
            operation.filtered_expires_ms = request.expires_ms[0];
            VZ_TRY(check_expiry(*operation.filtered_expires_ms));
        }
        operation.filtered_payload = view(request.payloads[0]);
        Status valid = validate_payload(operation.filtered_payload);
        return valid.ok() || valid.error().field[0] != 0 ? std::move(valid) : std::move(valid).field("payloads");
    }

    // Notes a bad item, or passes its failure on in an atomic batch.
    Status reject(CheckedItem& item, uint64_t index, const char* field, Status error) const {
        if (!error.ok()) {
            if (error.error().field[0] == 0) error = std::move(error).field(field);
            error.set_item(first_item_ + index);
        }
        if (!batch_.per_item) return error;
        if (item.error.ok()) item.error = std::move(error);
        return {};
    }

    Status check_ids(const vz_write_request& request, CheckedOperation& operation) const {
        for (uint64_t i = 0; i < request.count; ++i) {
            CheckedItem& item = operation.items[i];
            Result<IdView> id = parse_id(view(request.ids[i]));
            if (id.ok()) {
                item.id = *id;
            } else {
                VZ_TRY(reject(item, i, "ids", id.take_status()));
            }
            if (request.condition == VZ_IF_VERSION) item.version = request.versions[i];
            if (request.expires_ms == nullptr) continue;
            item.expires_ms = request.expires_ms[i];
            Status valid = check_expiry(*item.expires_ms);
            if (!valid.ok()) VZ_TRY(reject(item, i, "expires_ms", std::move(valid)));
        }
        return {};
    }

    Status check_vectors(const vz_write_request& request, CheckedOperation& operation) {
        std::vector<bool> seen(schema_.fields.size());
        if (request.vectors.rows != 0)
            VZ_TRY(check_matrix({"vectors", "", request.vectors, nullptr}, request.count, operation, &seen));
        for (uint32_t i = 0; i < request.field_count; ++i) {
            const vz_vectors& vectors = *VZ_AT(vz_vectors, request.fields, i);
            if (vectors.kind != VZ_VECTOR_DENSE)
                return failure(VZ_UNSUPPORTED, "this kind of vectors is not implemented yet").field("fields.kind");
            const std::string member = "fields[" + std::to_string(i) + "].matrix";
            VZ_TRY(check_matrix({member, view(vectors.name), vectors.matrix, vectors.present}, request.count, operation,
                                &seen));
        }
        return {};
    }

    struct GivenMatrix {
        std::string_view member;  // of the request
        std::string_view name;
        const vz_matrix& matrix;
        const uint64_t* present;
    };

    Status check_matrix(const GivenMatrix& given, uint64_t count, CheckedOperation& operation,
                        std::vector<bool>* seen) const {
        const auto& [member, name, matrix, present] = given;
        const auto wrong = [member = given.member](const char* part, vz_reason reason, const char* message) {
            return invalid("", reason, message).field(std::string(member) + part);
        };
        const VectorFieldSchema* field = schema_.field(name);
        if (field == nullptr) {
            return failure(VZ_NOT_FOUND, "there is no vector field '%.*s'", static_cast<int>(name.size()), name.data())
                .field("fields.name")
                .reason(VZ_REASON_VECTOR_FIELD);
        }
        const auto place = static_cast<size_t>(field - schema_.fields.data());
        if ((*seen)[place]) return invalid("fields.name", VZ_REASON_DUPLICATE, "a vector field is given twice");
        (*seen)[place] = true;
        if (matrix.element != VZ_F32)
            return failure(VZ_UNSUPPORTED, "vectors are float32 in this release")
                .field(std::string(member) + ".element");
        if (matrix.rows != count) return wrong(".rows", VZ_REASON_RANGE, "there must be one row of vectors per point");
        if (matrix.data == nullptr) return wrong(".data", VZ_REASON_REQUIRED, "vectors are missing");
        if (matrix.dim != field->dim) {
            return failure(VZ_INVALID_ARGUMENT, "the vectors have %u dimensions, the collection has %u", matrix.dim,
                           field->dim)
                .field(std::string(member) + ".dim")
                .reason(VZ_REASON_DIMENSION)
                .item(first_item_)
                .expected(field->dim)
                .actual(matrix.dim);
        }
        const uint64_t stride = matrix.stride_bytes != 0 ? matrix.stride_bytes : uint64_t{matrix.dim} * sizeof(float);
        if (stride < uint64_t{matrix.dim} * sizeof(float) || stride % sizeof(float) != 0) {
            return wrong(".stride_bytes", VZ_REASON_RANGE, "rows of vectors overlap or are not aligned");
        }
        for (uint64_t i = 0; i < count; ++i) {
            if (present != nullptr && (present[i / 64] >> (i % 64) & 1) == 0) continue;
            const auto* row = reinterpret_cast<const float*>(static_cast<const char*>(matrix.data) + i * stride);
            CheckedItem& item = operation.items[i];
            if (!all_finite(row, matrix.dim)) {
                VZ_TRY(reject(item, i, "vectors",
                              wrong("", VZ_REASON_NOT_FINITE, "a vector has a number that is not finite")));
                continue;
            }
            item.vectors.resize(schema_.fields.size());
            item.vectors[place] = row;
        }
        return {};
    }

    Status check_payloads(const vz_write_request& request, CheckedOperation& operation) const {
        if (request.payloads == nullptr) return {};
        for (uint64_t i = 0; i < request.count; ++i) {
            if (request.payloads[i].data == nullptr) continue;
            CheckedItem& item = operation.items[i];
            item.payload = view(request.payloads[i]);
            Status valid = validate_payload(item.payload);
            if (!valid.ok()) VZ_TRY(reject(item, i, "payloads", std::move(valid)));
        }
        return {};
    }

    const Schema& schema_;
    CheckedBatch& batch_;
    uint64_t first_item_ = 0;
};

}  // namespace

Result<CheckedBatch> check_write(const vz_write_request& request, const Schema& schema) {
    CheckedBatch batch;
    batch.request_id = request.request_id;
    batch.per_item = (request.flags & VZ_WRITE_PER_ITEM) != 0;
    batch.until.deadline_ns = request.deadline_ns;
    Checker checker(schema, &batch);
    for (const vz_write_request* part = &request; part != nullptr; part = part->next) VZ_TRY(checker.check(*part));
    return batch;
}

}  // namespace vz
