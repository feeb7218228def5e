// Collections and their aliases: made, changed, dropped.
#include "engine/abi/change.hpp"
#include "engine/abi/handle.hpp"
#include "engine/base/bytes.hpp"
#include "engine/runtime/schema_check.hpp"

using namespace vz;  // NOLINT(google-build-using-namespace): bodies of the ABI

extern "C" {

VZ_API vz_status vz_collection_create(vz_engine* engine, vz_str collection, const vz_schema* schema, vz_change* change,
                                      vz_error* error) VZ_NOEXCEPT {
    return guard_engine(engine, error, [&]() -> Status {
        vz_change given;
        VZ_TRY(take_change(change, 0, &given));
        vz_schema wanted;
        VZ_TRY(take_in(schema, &wanted));
        VZ_TRY(check_elements(wanted.vector_fields, wanted.vector_field_count, "vector_fields"));
        VZ_TRY(check_elements(wanted.field_indexes, wanted.field_index_count, "field_indexes"));
        VZ_ASSIGN(Schema checked, check_schema(wanted));
        VZ_ASSIGN(const EditOutcome outcome,
                  engine->engine->catalogue().create(view(collection), std::move(checked), given.request_id));
        return answer_change(outcome, given, change);
    });
}

VZ_API vz_status vz_collection_drop(vz_engine* engine, vz_str collection, vz_change* change,
                                    vz_error* error) VZ_NOEXCEPT {
    return guard_engine(engine, error, [&]() -> Status {
        vz_change given;
        VZ_TRY(take_change(change, VZ_IF_EMPTY, &given));
        VZ_ASSIGN(const EditOutcome outcome,
                  engine->engine->drop(view(collection), (given.flags & VZ_IF_EMPTY) != 0, given.request_id));
        return answer_change(outcome, given, change);
    });
}

VZ_API vz_status vz_collection_rename(vz_engine* engine, vz_str collection, const vz_rename_request* request,
                                      vz_change* change, vz_error* error) VZ_NOEXCEPT {
    return guard_engine(engine, error, [&]() -> Status {
        vz_change given;
        VZ_TRY(take_change(change, 0, &given));
        vz_rename_request wanted;
        VZ_TRY(take_in(request, &wanted));
        if ((wanted.flags & ~VZ_RENAME_KEEP_ALIAS) != 0)
            return failure(VZ_UNSUPPORTED, "a flag of rename is not known").field("flags");
        VZ_ASSIGN(const EditOutcome outcome,
                  engine->engine->catalogue().rename(view(collection), view(wanted.to),
                                                     (wanted.flags & VZ_RENAME_KEEP_ALIAS) != 0, given.request_id));
        return answer_change(outcome, given, change);
    });
}

VZ_API vz_status vz_collection_alter(vz_engine* engine, vz_str collection, const vz_alter_request* request,
                                     vz_change* change, vz_error* error) VZ_NOEXCEPT {
    return guard_engine(engine, error, [&]() -> Status {
        vz_change given;
        VZ_TRY(take_change(change, VZ_IF_EMPTY, &given));
        vz_alter_request wanted;
        VZ_TRY(take_in(request, &wanted));
        if (wanted.change_count == 0 || wanted.changes == nullptr) {
            return failure(VZ_INVALID_ARGUMENT, "there is nothing to change")
                .field("changes")
                .reason(VZ_REASON_REQUIRED);
        }
        VZ_TRY(check_elements(wanted.changes, wanted.change_count, "changes"));
        const auto apply = [&wanted](Schema& schema) -> Status {
            for (uint32_t i = 0; i < wanted.change_count; ++i) {
                const vz_alter_change* one = VZ_AT(vz_alter_change, wanted.changes, i);
                VZ_TRY(check_elements(one->vector_field, one->vector_field == nullptr ? 0 : 1, "changes.vector_field"));
                VZ_TRY(check_elements(one->field_index, one->field_index == nullptr ? 0 : 1, "changes.field_index"));
                Status applied = apply_change(*one, &schema);
                if (!applied.ok()) return std::move(applied).item(i);
            }
            return {};
        };
        VZ_ASSIGN(const EditOutcome outcome,
                  engine->engine->catalogue().alter(view(collection), apply, (given.flags & VZ_IF_EMPTY) != 0,
                                                    given.request_id));
        const Result<std::shared_ptr<Collection>> altered = engine->engine->catalogue().resolve(view(collection));
        if (altered.ok()) engine->engine->maintenance().note_changed(*altered);
        return answer_change(outcome, given, change);
    });
}

VZ_API vz_status vz_alias_apply(vz_engine* engine, const vz_alias_request* request, vz_change* change,
                                vz_error* error) VZ_NOEXCEPT {
    return guard_engine(engine, error, [&]() -> Status {
        vz_change given;
        VZ_TRY(take_change(change, 0, &given));
        vz_alias_request wanted;
        VZ_TRY(take_in(request, &wanted));
        if (wanted.change_count == 0 || wanted.changes == nullptr) {
            return failure(VZ_INVALID_ARGUMENT, "there is nothing to change")
                .field("changes")
                .reason(VZ_REASON_REQUIRED);
        }
        VZ_ASSIGN(const EditOutcome outcome,
                  engine->engine->catalogue().apply_aliases({wanted.changes, wanted.change_count}, given.request_id));
        return answer_change(outcome, given, change);
    });
}

}  // extern "C"
