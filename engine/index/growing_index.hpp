// A graph that grows while it is searched. One writer, any number of readers, no lock: readers take view() and
// linked().
#pragma once

#include <atomic>
#include <memory>
#include <span>
#include <vector>

#include "engine/base/arena.hpp"
#include "engine/base/workers.hpp"
#include "engine/index/graph.hpp"
#include "engine/index/index_options.hpp"
#include "engine/index/neighbours.hpp"

namespace vz {

class GrowingIndex {
 public:
    // Slots 0 to slots_max - 1; address space for all of them is reserved once. `rows` must serve every slot that
    // link() is told of, at the same address for good.
    static Result<std::unique_ptr<GrowingIndex>> create(const IndexOptions& options, RowSource rows,
                                                        uint32_t slots_max);
    ~GrowingIndex();

    // What a new graph takes over from an old one: blocks and edges, renumbered.
    struct FoldInput {
        const GraphView* graph = nullptr;
        // New slot by old slot, kNoSlot for rows left out. Those kept are numbered 0, 1, 2, ... in the order of the old
        // slots.
        std::span<const Slot> new_slots;
    };
    // A graph of the slots 0 to slots - 1 of `rows`: first those of the input without building anew (edges to rows left
    // out are replaced by routes around them), then the others, linked. Above three tenths left out all is built anew.
    static Result<std::unique_ptr<GrowingIndex>> fold(const IndexOptions& options, RowSource rows, uint32_t slots,
                                                      const FoldInput& input, Workers& workers);

    // ---- the writer ----

    // Encodes and links the slots from linked() to `end`, in batches whose outcome depends on the rows alone, not on
    // the workers. VZ_CANCELLED between two of them, if the workers say so: linked() tells how far it came, a later
    // call goes on from there.
    Status link(Slot end, Workers& workers);
    // Routes around rows that no reader may answer with any more; their blocks stay readable. Slots stay taken.
    void erase(std::span<const Slot> slots, Workers& workers);
    // Gives every row that no walk can reach an edge from its nearest reachable neighbour. Returns how many there were.
    uint32_t connect(Workers& workers);
    // For rows that codes do not tell apart: from now on walks read the full rows. False: the options ask for codes, or
    // there are none.
    Result<bool> drop_codes();
    // Samples the entries anew.
    void refresh_entries();

    // ---- readers ----

    // Slots below are in the graph (but rows that are absent); those above are to be scanned.
    uint32_t linked() const { return linked_.load(std::memory_order_acquire); }
    // Null before the first link(). Lives as long as the index. Taken after linked(), it covers the slots below.
    const GraphView* view() const { return view_.load(std::memory_order_acquire); }
    uint64_t bytes() const;
    // The blocks of the linked slots, as a sealed segment keeps them. Writer only.
    std::span<const std::byte> blocks() const;

    const IndexOptions& options() const { return options_; }

 private:
    static constexpr uint32_t kBatchRows = 64;  // linked at a time, by all workers
    struct Published;                           // a view and what it borrows
    struct Edge {
        Slot target;
        Slot source;
        bool is_spare;  // a full list does without it
    };

    GrowingIndex(const IndexOptions& options, RowSource rows, uint32_t slots_max);
    Status choose_layout(Slot end);
    bool may_drop_codes() const;
    Status guard_codes(Slot end);
    Status start(Layout layout, Slot sample_end);
    Status adopt(const FoldInput& input, uint32_t kept, Workers& workers);
    void adopt_ids(const FoldInput& input, Slot old_slot, LinkScratch& scratch);
    Status encode(Slot begin, Slot end, Workers& workers);
    void choose_lift(Slot end);
    void link_batch(Slot begin, Slot end, Workers& workers);
    void add_edges(const GraphView& graph, Slot target, std::span<const Edge> edges, LinkScratch& scratch);
    bool has_row(Slot begin, Slot end) const;
    bool has_longer(Slot begin, Slot end, float norm) const;
    void lead_to(Slot slot, const Pool& pool);
    void write_ids(Slot slot, std::span<const Slot> ids);
    void publish(std::unique_ptr<EntrySet> entries);
    std::byte* block(Slot slot);

    IndexOptions options_;
    RowSource rows_;
    uint32_t slots_max_;
    std::atomic<uint32_t> linked_{0};
    std::atomic<const GraphView*> view_{nullptr};
    std::vector<std::unique_ptr<Arena>> arenas_;          // the last one is written; older ones may have readers
    std::vector<std::unique_ptr<Quantizer>> quantizers_;  // likewise
    std::vector<std::unique_ptr<Published>> published_;   // likewise
    std::vector<LinkScratch> scratch_;
    std::vector<Edge> edges_;
    uint32_t view_slots_ = 0;   // slots that the published view covers: what a walk keeps a mark of
    uint32_t entries_due_ = 0;  // linked slots with which entries are sampled anew
    uint32_t guarded_at_ = 0;
    uint32_t lift_at_ = 0;  // rows that lift_norm_ was chosen from
    float lift_norm_ = 0;
};

}  // namespace vz
