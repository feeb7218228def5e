// Every limit of the engine: name, unit, default, reason.
#pragma once

#include <cstddef>
#include <cstdint>

#include "vectorizer/types.h"

namespace vz {

inline constexpr uint64_t kKiB = 1024;
inline constexpr uint64_t kMiB = 1024 * kKiB;
inline constexpr uint64_t kGiB = 1024 * kMiB;

inline constexpr uint64_t kRecordBytesMax = 32 * kMiB;        // one atomic batch; bounds one recovery read
inline constexpr uint64_t kFrameBytesMax = 36 * kMiB;         // one commit group of records
inline constexpr uint64_t kManifestFrameBytesMax = 1 * kGiB;  // a snapshot names everything: millions of collections
inline constexpr uint64_t kGroupBytesSoft = 4 * kMiB;         // a group closes here: short tail for small writers
inline constexpr uint64_t kCommitQueueBytesMax = 64 * kMiB;   // memory of waiting writes
inline constexpr uint64_t kCommitQueueBytesMin = 4 * kKiB;    // that may be asked for
inline constexpr uint64_t kCommitQueueItemsMax = 16'384;      // likewise, many small ones
inline constexpr uint32_t kWorkersMax = 256;              // threads that run operations; more only wait for each other
inline constexpr uint64_t kWalFileBytesMin = 64 * kKiB;   // on a disk that has no more
inline constexpr uint64_t kWalFileFirstBytes = 8 * kMiB;  // quick open
inline constexpr uint64_t kWalFileBytes = 64 * kMiB;      // few seals
inline constexpr uint64_t kWalBytesMax = 1 * kGiB;        // bounds replay
inline constexpr uint64_t kManifestRollBytesMin = 4 * kMiB;  // bounds replay of edits
// Of its snapshot: rolling costs at most an eighth of what was written.
inline constexpr uint64_t kManifestRollFactor = 8;
// Of edits behind a large snapshot: bounds replay, and the next frame.
inline constexpr uint64_t kManifestRollBytesMax = 64 * kMiB;
inline constexpr uint64_t kManifestBytesMax = 768 * kMiB;  // snapshot and edits: the next snapshot is one frame
// Zero-filled ahead: appends into written extents sync faster.
inline constexpr uint64_t kManifestExtendBytes = 256 * kKiB;
inline constexpr uint64_t kGrowingBytesMax = 256 * kMiB;     // per collection: bounds the exact scan after a kill
inline constexpr uint64_t kGrowingTotalBytesMax = 1 * kGiB;  // over all: memory
// An orderly close leaves at most this to replay: 80 ms of small points.
inline constexpr uint64_t kCloseReplayBytes = 4 * kMiB;
// Remembered re-deliveries: 1.5 MiB in a snapshot at worst.
inline constexpr uint64_t kRequestIdsMax = 65'536;
// Drops and deletes work on a full disk; small disks start.
inline constexpr uint64_t kDiskReserveMin = 64 * kMiB;
inline constexpr uint64_t kDiskReserveMax = 1 * kGiB;
// Given up for edits and the next WAL when nothing else is left.
inline constexpr uint64_t kBallastBytes = 64 * kMiB;
inline constexpr uint64_t kMadeAheadDivisor = 16;  // ballast and a WAL file: of a small disk
inline constexpr uint64_t kWalDivisor = 4;         // all WAL files: likewise
// Left by every new WAL file: a WAL and a manifest of the next open.
inline constexpr uint64_t kReopenBytes = 4 * kMiB;
inline constexpr int64_t kDiskLookMs = 20;  // between two looks at the free space, while writes ask

// Of a Cap'n Proto message of so many words: bounds what shared pointers make of a small one. Readers ask for each part
// once; twice that, as one that cannot be read back keeps a directory from opening.
constexpr uint64_t traversal_limit(uint64_t words) { return 2 * words + 64; }

inline constexpr uint32_t kSegmentRowsMax = 10'000'000;  // compaction makes none larger: bounds one rewrite
inline constexpr int64_t kTtlMsMax = 1LL << 52;          // 140,000 years: sums with a clock do not overflow
inline constexpr int64_t kExpiryLookMs = 1000;           // between two looks for points that have expired
// Looked at for a figure that has to be right at once: takes some microseconds.
inline constexpr uint64_t kExpiredCountedAtOnce = 8192;
// Deleted by one record: writers wait no longer than for a batch of theirs.
inline constexpr uint32_t kExpiryPointsMax = 5000;
inline constexpr uint32_t kExpiryRecordsALook = 20;  // 100,000 points a second at most, with writers between them
inline constexpr uint64_t kScrubBytesPerSecond = 64 * kMiB;  // of sealed files read again in the background
// The first of them, so many bytes from the start on, go so many times as fast: they may have come to harm unseen.
inline constexpr uint64_t kScrubHurriedBytes = 1024 * kMiB;
inline constexpr uint64_t kScrubHurry = 8;
// Of sealed files read before the first answer, 64 KiB each at least: milliseconds, where they are in memory.
inline constexpr uint64_t kVerifiedFirstBytes = 16 * kMiB;
inline constexpr int64_t kScrubPauseMs = 24 * 3600 * 1000;  // from the end of one reading of all files to the next
// Without a write: a collection is sealed and becomes one segment.
inline constexpr int64_t kSettleAfterMs = 10'000;
inline constexpr int64_t kHeldTooLongMs = 10'000;  // a result: it pins files and versions
// A completion, without its waits for a CPU: nothing else of its thread goes on. The first is what a frontend promises;
// one alone may be a virtual machine that stood still.
inline constexpr int64_t kCompletionLongMs = 10;
inline constexpr int64_t kCompletionTooLongMs = 100;
inline constexpr int64_t kHangingLookMs = 5'000;  // between two looks at them while the engine is being closed
// An idle rewrite waits a second for each: large ones come rarely.
inline constexpr uint64_t kSettleBytesPerSecond = 20 * kMiB;
inline constexpr uint64_t kPackedBytesMax = 256 * kKiB;  // of a collection that is sealed together with others
// Likewise, of one that leaves a file hardly used any more.
inline constexpr uint64_t kPackMovedBytesMax = 4 * kPackedBytesMax;
inline constexpr uint64_t kPackBytesMax = 256 * kMiB;   // of rows in one such file
inline constexpr size_t kPackSegmentsMax = 16'384;      // likewise: bounds the edit that names them
inline constexpr uint64_t kTailBytesMax = 32 * kKiB;    // rows not linked yet, scanned by every search: 2 us
inline constexpr uint64_t kTailRowsMin = 64;            // the tail may always hold these, however wide
inline constexpr uint64_t kMemoryBytesMin = 64 * kMiB;  // that may be asked for: an engine that does nothing takes some
inline constexpr uint64_t kGrowingDivisor = 8;          // of the memory: rows that grow, of all collections
inline constexpr uint64_t kGraphCopyDivisor = 4;        // of the memory: graphs of sealed segments in huge pages
inline constexpr uint64_t kReadAheadGraphsDivisor = 2;  // of the memory: graphs in maps that are read ahead
inline constexpr uint64_t kReadAheadVectorsDivisor = 4;  // likewise, of vectors
inline constexpr uint64_t kGraphBytesMin = 1 * kMiB;     // fewer bytes of rows are scanned: exact, in tens of us
// Of a part beside larger ones: a walk that is on its way goes over its graph at a tenth of what a scan takes.
inline constexpr uint64_t kJoinedGraphBytesMin = 256 * kKiB;
inline constexpr uint64_t kGrowingGraphBytesMax = 8 * kGiB;  // of rows that one growing graph covers: address space
inline constexpr uint64_t kGrowingGraphSlotsMax = 1 << 24;   // likewise, for narrow rows

inline constexpr uint64_t kNameBytesMax = VZ_NAME_BYTES_MAX;  // of collections, aliases and vector fields
inline constexpr uint64_t kPayloadBytesMax = VZ_PAYLOAD_BYTES_MAX;
inline constexpr uint32_t kJsonDepthMax = 64;              // recursion in parsers
inline constexpr uint32_t kQueryTextBytesMax = 64 * 1024;  // of one query
// Distinct, of a text query: so many postings are read at once.
inline constexpr uint32_t kQueryWordsMax = 1024;
inline constexpr uint32_t kFieldIndexesMax = 64;        // per collection: work of a seal, looked for at open
inline constexpr uint32_t kPathStepsMax = 64;           // of a payload path: JSON nests no deeper
inline constexpr uint64_t kFilterBytesMax = 32 * kMiB;  // 65,536 ids of 256 bytes fit
inline constexpr uint32_t kFilterConditionsMax = 1024;  // work per row
inline constexpr uint32_t kFilterDepthMax = 32;         // recursion per row
inline constexpr uint32_t kFilterValuesMax = 65'536;    // of one `any`, `except` or `has_id`: memory
// Filters whose rows a part remembers: a bit per row each.
inline constexpr size_t kFiltersCachedMax = 16;
// Longer filters are not remembered: their text is the key.
inline constexpr uint64_t kFilterCachedBytesMax = 16 * kKiB;
inline constexpr uint64_t kMetadataBytesMax = 64 * kKiB;
inline constexpr uint32_t kDimMax = VZ_DIM_MAX;
inline constexpr uint32_t kVectorFieldsMax = 64;                  // per collection
inline constexpr uint32_t kHitsMax = VZ_HITS_MAX;                 // k and limit of one request: memory of one answer
inline constexpr uint32_t kRerankMax = 4 * kHitsMax;              // rows scored exactly: what is read for one query
inline constexpr uint64_t kHitsOfRequestMax = uint64_t{1} << 24;  // of all queries of a request together
inline constexpr uint64_t kBatchPointsMax = VZ_BATCH_POINTS_MAX;  // item numbers fit and validation stays short
inline constexpr uint64_t kValueKeyBytesMax = 255;
inline constexpr uint64_t kValueBytesMax = 64 * kKiB;
inline constexpr uint64_t kRowsPerSegmentMax = 0xFFFFFFFEull;  // rows are u32

}  // namespace vz
