// What the parts of a collection want done beside its requests: rows linked, fields indexed, graphs copied, files made
// one. Questions: any thread. Work: one thread of its kind at a time; readers and writers go on.
#pragma once

#include "engine/base/memory_budget.hpp"
#include "engine/base/workers.hpp"
#include "engine/collection/collection.hpp"

namespace vz {

// Memory of the rows that no segment file has.
uint64_t growing_bytes(const Collection& collection);

// Whether a write of so many points would go on at once; otherwise it links rows first, which takes CPU time.
bool has_room(const Collection& collection, uint64_t points);
// Whether rows wait to be linked in such numbers that the background should do it, before writers have to; or a graph
// has doubled since it was calibrated.
bool wants_linking(const Collection& collection);
// Links the rows that wait, and looks at how well that graph answers.
Status link_tail(Collection& collection, Workers& workers);

// Whether some part lacks a field index that is declared, or has one that is not.
bool wants_indexes(const Collection& collection);
// Whether written texts wait for their index: a search would take them itself.
bool wants_texts(const Collection& collection);
// Builds and drops them.
void refresh_indexes(Collection& collection);

// Whether searches walk graphs in maps of files that were there when the database was opened, or came from an archive.
bool has_mapped_graphs(const Collection& collection);
// Takes them into memory of their own, as far as the budget goes.
void copy_graphs(Collection& collection, MemoryBudget& budget);
// Whether some graph is not built as the schema says now.
bool wants_other_graphs(const Collection& collection);

// Whether compaction is worth its cost although writes go on.
bool wants_compaction(const Collection& collection);
// Whether an idle look would find something to do: more than one sealed part, or rows without a graph.
bool is_in_pieces(const Collection& collection);
// Bytes that compaction would rewrite if no write comes any more; 0: it is settled.
uint64_t idle_compaction_bytes(const Collection& collection);

// False: nothing can expire any more, it has left the list of those that expire, and the next write that changes that
// is to enter it.
bool stays_expiring(Collection& collection);

}  // namespace vz
