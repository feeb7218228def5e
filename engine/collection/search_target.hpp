// One part under one query: which of its rows may be answered.
#pragma once

#include <cstdint>
#include <memory>

#include "engine/collection/candidates.hpp"
#include "engine/collection/part.hpp"
#include "engine/collection/passing_rows.hpp"
#include "engine/index/search.hpp"

namespace vz {

struct Target {
    Part* part = nullptr;
    uint32_t field_id = 0;
    const ReadView* view = nullptr;
    RowAsker* asker = nullptr;                   // null: no filter
    std::shared_ptr<const PassingRows> passing;  // null: rows are asked one by one
    bool all_visible = false;                    // but for the filter every row may be answered
    // Rows from here on are not for this step: a walk meets rows that are being linked, and the scan has them.
    Slot end = UINT32_MAX;
    Slot answered = 0;  // rows below have been searched

    bool shows(Slot row) const {
        if (row >= end) return false;
        if (passing != nullptr) return passing->contains(row) && (all_visible || view->shows(*part, row));
        return view->shows(*part, row) && (asker == nullptr || asker->passes(*part, row));
    }
    // Whether some row is not to be answered.
    bool hides_rows() const { return asker != nullptr || !all_visible; }
    RowSource rows() const {
        return {[](const void* owner, Slot row) {
                    const auto* self = static_cast<const Target*>(owner);
                    return self->part->vector(self->field_id, row);
                },
                this};
    }
    SlotFilter filter() const {
        if (!hides_rows()) return {};
        return {[](const void* owner, Slot row) { return static_cast<const Target*>(owner)->shows(row); }, this};
    }
    TieOrder ties() const {
        return {[](const void* owner, Slot left, Slot right) {
                    const auto* self = static_cast<const Target*>(owner);
                    return self->part->id(left) < self->part->id(right);
                },
                this};
    }
};

}  // namespace vz
