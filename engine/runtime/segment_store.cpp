#include "engine/runtime/segment_store.hpp"

#include <algorithm>
#include <cstdio>

#include "engine/io/file_header.hpp"

namespace vz {

std::string segment_path(const std::string& directory, char kind, uint64_t number) {
    char name[40];
    std::snprintf(name, sizeof(name), "/seg/%c-%016llx", kind, static_cast<unsigned long long>(number));
    return directory + name;
}

SegmentSummary summary_of(const SegmentRef& ref) {
    return {ref.offset, ref.bytes, ref.rows, ref.version_min, ref.version_max, ref.header_crc, ref.hash};
}

namespace {

SegmentRef ref_of(uint64_t file, const SegmentSummary& summary) {
    SegmentRef ref;
    ref.file = file;
    ref.offset = summary.offset;
    ref.bytes = summary.bytes;
    ref.rows = summary.rows;
    ref.version_min = summary.version_min;
    ref.version_max = summary.version_max;
    ref.header_crc = summary.header_crc;
    ref.hash = summary.hash;
    return ref;
}

// The derived sections that rows alone decide. Borrows nothing.
class BuiltOfRows {
 public:
    BuiltOfRows(const Schema& schema, const SegmentRows& rows) : indexes_(schema, rows), counts_(schema, rows) {}
    void add_to(std::vector<SegmentRows::Derived>* derived) const {
        indexes_.add_to(derived);
        counts_.add_to(derived);
    }

 private:
    const BuiltIndexes indexes_;
    const BuiltCounts counts_;
};

}  // namespace

SegmentStore::Claim::Claim(SegmentStore& store) : store_(store) {
    const std::scoped_lock lock(store_.claims_);
    number_ = store_.numbers_.next_number();
    store_.claimed_.insert(number_);
}

SegmentStore::Claim::~Claim() {
    const std::scoped_lock lock(store_.claims_);
    store_.claimed_.erase(store_.claimed_.find(number_));
}

SegmentStore::Pin::Pin(SegmentStore& store, const SnapshotState& snapshot) : store_(store) {
    for (const CollectionState& collection : snapshot.collections) {
        for (const SegmentRef& ref : collection.segments) {
            numbers_.push_back(ref.file);
            if (ref.deletes) numbers_.push_back(ref.deletes->file);
        }
    }
    const std::scoped_lock lock(store_.claims_);
    store_.claimed_.insert(numbers_.begin(), numbers_.end());
}

SegmentStore::Pin::~Pin() {
    const std::scoped_lock lock(store_.claims_);
    for (const uint64_t number : numbers_) store_.claimed_.erase(store_.claimed_.find(number));
}

std::vector<uint64_t> SegmentStore::claimed() const {
    const std::scoped_lock lock(claims_);
    return {claimed_.begin(), claimed_.end()};
}

SegmentIdentity SegmentStore::identity_of(const Collection& collection, uint64_t number, uint64_t salt) const {
    SegmentIdentity identity;
    identity.database = database_;
    identity.file_number = number;
    identity.salt = salt;
    identity.collection_id = collection.id();
    identity.collection_uuid = collection.uuid();
    identity.collection_name = collection.name();
    return identity;
}

Result<std::shared_ptr<Part>> SegmentStore::write(const Collection& collection, const Schema& schema,
                                                  const LiveRows& live, const BuiltGraphs& graphs, uint64_t number) {
    SegmentRows rows = live.rows();
    const BuiltOfRows of_rows(schema, rows);
    std::vector<SegmentRows::Derived> derived = graphs.derived();
    of_rows.add_to(&derived);
    rows.derived = derived;
    const SegmentIdentity identity = identity_of(collection, number, numbers_.salt());
    Result<SegmentSummary> summary =
        write_segment(files_, segment_path(directory_, 'S', number), identity, schema, rows);
    if (!summary.ok()) {
        discard(number);
        return summary.take_status();
    }
    return open_rows(ref_of(number, *summary), schema);
}

Result<std::vector<SegmentRef>> SegmentStore::write_pack_file(std::span<const Packed> packed, uint64_t number) {
    const uint64_t salt = numbers_.salt();
    VZ_ASSIGN(PackWriter pack,
              PackWriter::create(files_, segment_path(directory_, 'S', number), database_, number, salt));
    std::vector<SegmentRef> refs(packed.size());
    for (size_t i = 0; i < packed.size(); ++i) {
        const Packed& each = packed[i];
        if (each.live->sources().empty()) continue;
        SegmentRows rows = each.live->rows();
        const BuiltOfRows of_rows(*each.schema, rows);
        std::vector<SegmentRows::Derived> derived;
        of_rows.add_to(&derived);
        rows.derived = derived;
        VZ_ASSIGN(const SegmentSummary summary,
                  pack.add(identity_of(*each.collection, number, salt), *each.schema, rows));
        refs[i] = ref_of(number, summary);
    }
    VZ_ASSIGN(const uint32_t header_crc, pack.finish());
    for (SegmentRef& ref : refs) ref.header_crc = header_crc;
    return refs;
}

Result<std::vector<std::shared_ptr<Part>>> SegmentStore::write_pack(std::span<const Packed> packed, uint64_t number) {
    std::vector<std::shared_ptr<Part>> parts(packed.size());
    if (std::all_of(packed.begin(), packed.end(), [](const Packed& each) { return each.live->sources().empty(); }))
        return parts;
    const auto write = [&]() -> Status {
        VZ_ASSIGN(const std::vector<SegmentRef> refs, write_pack_file(packed, number));
        for (size_t i = 0; i < packed.size(); ++i) {
            if (refs[i].file == 0) continue;
            VZ_ASSIGN(parts[i], open_rows(refs[i], *packed[i].schema));
            VZ_TRY(parts[i]->sealed()->verify_contents());
        }
        return {};
    };
    Status written = write();
    if (written.ok()) return parts;
    discard(number);
    return written;
}

Result<std::vector<SegmentDeletes>> SegmentStore::write_deletes(std::span<const DeleteEntry> entries) {
    const uint64_t number = numbers_.next_number();
    VZ_ASSIGN(const std::vector<DeleteRef> written, vz::write_deletes(files_, segment_path(directory_, 'D', number),
                                                                      database_, number, numbers_.salt(), entries));
    std::vector<SegmentDeletes> named;
    for (size_t i = 0; i < written.size(); ++i) named.push_back({entries[i].segment, written[i]});
    return named;
}

Result<SegmentRef> SegmentStore::take_in(std::span<const std::byte> bytes, const std::string& origin,
                                         const SegmentRef& from, uint64_t number, const CollectionState& collection) {
    Result<FileHeader> decoded = decode_header(bytes.first(kFileHeaderBytes), kSegmentMagic);
    if (!decoded.ok()) return header_failure(origin, decoded.status());
    FileHeader& header = *decoded;
    header.database = database_;
    header.file_number = number;
    header.owner = collection.id;
    const auto head = encode_header(header);
    const std::string path = segment_path(directory_, 'S', number);
    VZ_ASSIGN(const std::unique_ptr<File> file, files_.create(path));
    VZ_TRY(file->allocate(bytes.size()));
    VZ_TRY(file->write(kFileHeaderBytes, bytes.subspan(kFileHeaderBytes)));
    VZ_TRY(file->write(0, head));
    SegmentRef ref = from;
    ref.file = number;
    ref.offset = 0;
    ref.header_crc = header.crc;
    ref.deletes.reset();
    VZ_ASSIGN(std::shared_ptr<const Mapping> map, files_.map(path));
    VZ_ASSIGN(const std::unique_ptr<SealedSegment> written,
              SealedSegment::open(std::move(map), origin, database_, number, summary_of(ref)));
    VZ_TRY(written->check_fields(collection.schema));
    // While the disk is at it.
    VZ_TRY(written->verify_contents());
    VZ_TRY(file->sync());
    VZ_TRY(file->seal());
    return ref;
}

Result<std::shared_ptr<Part>> SegmentStore::open_rows(const SegmentRef& ref, const Schema& schema) {
    const std::string path = segment_path(directory_, 'S', ref.file);
    VZ_ASSIGN(std::shared_ptr<const Mapping> map, maps_.map(files_, path));
    VZ_ASSIGN(std::unique_ptr<SealedSegment> segment,
              SealedSegment::open(std::move(map), path, database_, ref.file, summary_of(ref)));
    VZ_TRY(segment->check_fields(schema));
    ReadAhead::Admission read_ahead = read_ahead_.admit(*segment);
    auto part = std::make_shared<Part>(std::move(segment), ref, schema);
    part->hold(std::move(read_ahead));
    return part;
}

Result<SegmentStore::Opened> SegmentStore::open(const SegmentRef& ref, const Schema& schema) {
    Opened opened;
    VZ_ASSIGN(opened.part, open_rows(ref, schema));
    if (!ref.deletes) return opened;
    VZ_ASSIGN(opened.ended, read_deletes(files_, segment_path(directory_, 'D', ref.deletes->file), database_, ref.file,
                                         *ref.deletes, opened.part->row_count()));
    return opened;
}

Result<uint64_t> SegmentStore::file_bytes(uint64_t number) const {
    VZ_ASSIGN(const std::shared_ptr<const Mapping> map, maps_.map(files_, segment_path(directory_, 'S', number)));
    return map->bytes().size();
}

}  // namespace vz
