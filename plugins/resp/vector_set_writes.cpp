// VADD, VREM and VSETATTR: writes of one point each.
#include "frontends/codec/expiry.hpp"
#include "frontends/text/names.hpp"
#include "plugins/resp/vector_set.hpp"

namespace resp {
namespace {

constexpr int64_t kBuildEffortMin = 8, kBuildEffortMax = 4096;
constexpr int64_t kDegreeMin = 4, kDegreeMax = 256;

// Empty, or the error that names the first option that is wrong and what it takes.
std::string take_add_options(Reader& reader, Session::Write* write) {
    FieldShape& wanted = write->wanted;
    int64_t number = 0;
    while (!reader.at_end()) {
        if (reader.take_if("CAS")) continue;  // the engine takes writes concurrently, always
        if (reader.take_if("NOQUANT")) {
            wanted.quantization = VZ_QUANTIZATION_NONE;
        } else if (reader.take_if("Q8")) {
            wanted.quantization = VZ_QUANTIZATION_SQ8;
        } else if (reader.take_if("SETATTR")) {
            if (reader.at_end()) return takes("SETATTR", "attributes, a JSON object");
            write->payload = reader.take();
        } else if (reader.take_if("EF")) {
            if (!reader.take_integer(kBuildEffortMin, kBuildEffortMax, &number))
                return takes_whole("EF", kBuildEffortMin, kBuildEffortMax);
            wanted.build_effort = static_cast<uint32_t>(number);
        } else if (reader.take_if("M")) {
            if (!reader.take_integer(kDegreeMin, kDegreeMax, &number)) return takes_whole("M", kDegreeMin, kDegreeMax);
            wanted.degree = static_cast<uint32_t>(number);
        } else {
            return "ERR VADD has no option " + quoted(reader.take()) + "; it has CAS, NOQUANT, Q8, EF, SETATTR, M";
        }
    }
    return {};
}

// The option that is not what the vector set was made with; empty: there is none.
std::string difference(const FieldShape& wanted, const FieldShape& shape) {
    const auto differs = [](const char* option, const std::string& made) {
        return std::string("ERR ") + option + " differs from what the vector set was made with: " + made;
    };
    if (wanted.degree != 0 && wanted.degree != shape.degree) return differs("M", std::to_string(shape.degree));
    if (wanted.build_effort != 0 && wanted.build_effort != shape.build_effort)
        return differs("EF", std::to_string(shape.build_effort));
    if (wanted.quantization == VZ_QUANTIZATION_AUTO || wanted.quantization == shape.quantization) return {};
    return differs(wanted.quantization == VZ_QUANTIZATION_SQ8 ? "Q8" : "NOQUANT",
                   quantization_name(shape.quantization));
}

// The collection of a VADD, made if there is none. False: replied why not.
bool have_collection(Session& session, Session::Write& write) {
    const std::string_view key = write.key;
    const FieldShape& wanted = write.wanted;
    // What is remembered may be of a collection that others made anew since.
    if (wanted.degree != 0 || wanted.build_effort != 0 || wanted.quantization != VZ_QUANTIZATION_AUTO)
        session.forget(key);
    bool is_missing = false;
    const FieldShape* shape = session.shape_of(key, &is_missing);
    if (shape == nullptr && !is_missing) return false;
    if (shape == nullptr) {
        if (const char* reason = vz::text::refuse_collection_name(key)) {
            session.finish_writes();
            session.out().error(std::string("ERR the key ") + reason);
            return false;
        }
        auto field = vz::make<vz_vector_field>();
        field.dim = static_cast<uint32_t>(write.vector.size());
        field.metric = VZ_COSINE;
        field.quantization = wanted.quantization;
        field.degree = wanted.degree;
        field.build_effort = wanted.build_effort;
        auto schema = vz::make<vz_schema>();
        schema.vector_fields = &field;
        schema.vector_field_count = 1;
        session.finish_writes();
        const vz::Expected<void> made = session.engine().create(key, schema);
        if (!made && made.error().status() != VZ_ALREADY_EXISTS) {
            session.fail(made.error());
            return false;
        }
        write.has_made_key = made.has_value();
        shape = session.shape_of(key);
        if (shape == nullptr) return false;
    }
    const std::string differs = difference(wanted, *shape);
    if (differs.empty()) return true;
    session.finish_writes();
    session.out().error(differs);
    return false;
}

// A key that was made for a point which then was refused, unless somebody else has added one by now.
void take_back(Session& session, std::string_view key) {
    auto change = vz::make<vz_change>();
    change.flags = VZ_IF_EMPTY;
    if (session.engine().drop(key, &change)) session.forget(key);
}

void reply_added(Session& session, Session::Write& write) {
    if (write.op.status == VZ_NOT_FOUND && write.error.reason == VZ_REASON_COLLECTION) {
        // Others dropped or renamed it since it was looked up.
        if (!have_collection(session, write)) return;
        session.write_again(write);
    }
    if (write.op.status != VZ_OK) {
        if (write.has_made_key) take_back(session, write.key);
        return session.fail(vz::Error(write.error));
    }
    session.out().boolean(write.answer.created != 0);
}

// Empty, or the error of attributes whose time of expiry is none.
std::string wrong_expiry(std::string_view attributes) {
    const char* const reason = vz::codec::refuse_expiry(attributes);
    return reason == nullptr ? std::string() : "ERR " + std::string(vz::codec::kExpiryKey) + " " + reason;
}

// 1, or 0 where there is no such collection or point.
void reply_changed(Session& session, Session::Write& write) {
    if (write.op.status != VZ_OK && write.op.status != VZ_NOT_FOUND) return session.fail(vz::Error(write.error));
    session.out().boolean(write.op.status == VZ_OK);
}

}  // namespace

void vadd(Session& session, Arguments arguments) {
    Reader reader(arguments.subspan(1));
    auto write = std::make_unique<Session::Write>();
    write->key = reader.take();
    std::string wrong = take_vector(reader, &write->vector);
    if (wrong.empty() && reader.at_end()) wrong = wrong_number_of_arguments("VADD");
    write->id = reader.take();
    if (wrong.empty()) wrong = take_add_options(reader, write.get());
    // No other frontend would reach such a point. Those that are there already are read and removed as any.
    if (const char* reason = wrong.empty() ? vz::text::refuse_id(write->id) : nullptr)
        wrong = std::string("ERR the element ") + reason;
    if (wrong.empty()) wrong = wrong_expiry(write->payload);
    if (!wrong.empty()) {
        session.finish_writes();
        return session.out().error(wrong);
    }
    if (!have_collection(session, *write)) return;
    write->request.kind = VZ_UPSERT;
    write->reply = reply_added;
    session.submit(std::move(write));
}

void vrem(Session& session, Arguments arguments) {
    auto write = std::make_unique<Session::Write>();
    write->key = arguments[1];
    write->id = arguments[2];
    write->request.kind = VZ_DELETE;
    write->request.condition = VZ_IF_PRESENT;
    write->reply = reply_changed;
    session.submit(std::move(write));
}

void vsetattr(Session& session, Arguments arguments) {
    auto write = std::make_unique<Session::Write>();
    write->key = arguments[1];
    write->id = arguments[2];
    write->payload = arguments[3].empty() ? "{}" : arguments[3];
    if (const std::string wrong = wrong_expiry(write->payload); !wrong.empty()) {
        session.finish_writes();
        return session.out().error(wrong);
    }
    write->request.kind = VZ_UPDATE;
    write->reply = reply_changed;
    session.submit(std::move(write));
}

}  // namespace resp
