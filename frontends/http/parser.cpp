#include "frontends/http/parser.hpp"

#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/fields.hpp>
#include <boost/beast/http/parser.hpp>
#include <limits>
#include <optional>

#include "frontends/http/chunk_scan.hpp"

namespace vz::http {
namespace {

namespace beast = boost::beast::http;
using boost::system::error_code;

std::string_view view(boost::beast::string_view text) { return {text.data(), text.size()}; }

// Where Beast puts decoded chunks.
struct Sink {
    Body* body = nullptr;
    uint64_t limit = 0;
    bool no_memory = false;
};

struct SinkBody {
    using value_type = Sink;

    class reader {
     public:
        template <bool isRequest, class Fields>
        reader(beast::header<isRequest, Fields>&, value_type& sink) : sink_(sink) {}

        void init(const boost::optional<std::uint64_t>&, error_code& failed) { failed = {}; }

        template <class Buffers>
        std::size_t put(const Buffers& buffers, error_code& failed) {
            std::size_t taken = 0;
            failed = {};
            for (const auto part : boost::beast::buffers_range_ref(buffers)) {
                if (part.size() > sink_.limit - sink_.body->size()) {
                    failed = beast::error::body_limit;
                    return taken;
                }
                if (!sink_.body->append(static_cast<const char*>(part.data()), part.size())) {
                    sink_.no_memory = true;
                    failed = beast::error::body_limit;
                    return taken;
                }
                taken += part.size();
            }
            return taken;
        }

        void finish(error_code& failed) { failed = {}; }

     private:
        value_type& sink_;
    };
};

// What a chunked body may carry beside its bytes (sizes, extensions, trailers) before it counts as an attack.
constexpr uint64_t kFramingBytesFree = 64 * 1024;

}  // namespace

struct Parser::Impl {
    std::optional<beast::request_parser<SinkBody>> parser;
    ChunkScan chunks;
    uint64_t wire_bytes = 0;
};

Parser::Parser() : impl_(std::make_unique<Impl>()) {}
Parser::~Parser() = default;

bool Parser::head(std::string_view head, Head& out, const char*& reason) {
    auto& parser = impl_->parser.emplace();
    impl_->wire_bytes = 0;
    impl_->chunks = {};
    parser.header_limit(64 * 1024);
    // Not boost::none: compared with that, every length is too long. Our own limits are checked elsewhere.
    parser.body_limit(std::numeric_limits<std::uint64_t>::max());
    error_code failed;
    const auto used = parser.put(boost::asio::const_buffer(head.data(), head.size()), failed);
    if (failed || used != head.size() || !parser.is_header_done()) {
        reason = "the head is no HTTP";
        return false;
    }
    const auto& message = parser.get();
    out = {};
    out.method = view(message.method_string());
    out.target = view(message.target());
    out.version_11 = message.version() == 11;
    out.keep_alive = message.keep_alive();
    bool has_type = false;
    bool has_encoding = false;
    for (const auto& field : message) {
        const auto value = view(field.value());
        switch (field.name()) {
            case beast::field::host: out.host = value; break;
            case beast::field::origin: out.origin = value; break;
            case beast::field::content_type:
                out.repeated |= has_type;
                has_type = true;
                out.content_type = value;
                break;
            case beast::field::content_encoding:
                out.repeated |= has_encoding;
                has_encoding = true;
                out.content_encoding = value;
                break;
            case beast::field::accept: out.accept = value; break;
            case beast::field::accept_encoding: out.accept_encoding = value; break;
            case beast::field::if_none_match: out.if_none_match = value; break;
            case beast::field::authorization:
                out.repeated_key |= !out.authorization.empty();
                out.authorization = value;
                break;
            case beast::field::access_control_request_headers: out.requested_headers = value; break;
            case beast::field::expect:
                out.expect = boost::beast::iequals(field.value(), "100-continue") ? Expect::kContinue : Expect::kOther;
                break;
            case beast::field::unknown:
                if (boost::beast::iequals(field.name_string(), "x-api-key") ||
                    boost::beast::iequals(field.name_string(), "api-key")) {
                    out.repeated_key |= !out.api_key.empty();
                    out.api_key = value;
                }
                if (boost::beast::iequals(field.name_string(), "traceparent")) out.traceparent = value;
                if (boost::beast::iequals(field.name_string(), "x-request-id")) out.request_id = value;
                if (boost::beast::iequals(field.name_string(), "x-correlation-id")) out.correlation_id = value;
                if (boost::beast::iequals(field.name_string(), "idempotency-key")) {
                    out.repeated_idempotency_key |= out.idempotency_key.data() != nullptr;
                    out.idempotency_key = value;
                }
                break;
            default: break;
        }
    }
    parser.eager(true);
    return true;
}

Chunks Parser::chunks(std::string_view bytes, size_t& used, Body& body, uint64_t limit) {
    auto& parser = *impl_->parser;
    parser.get().body().body = &body;
    parser.get().body().limit = limit;
    used = 0;
    while (used < bytes.size() && !parser.is_done()) {
        error_code failed;
        const auto taken = parser.put(boost::asio::const_buffer(bytes.data() + used, bytes.size() - used), failed);
        used += taken;
        if (failed == beast::error::need_more) break;
        if (failed == beast::error::body_limit)
            return parser.get().body().no_memory ? Chunks::kNoMemory : Chunks::kTooLarge;
        if (failed) return Chunks::kBad;
        if (taken == 0) break;
    }
    if (!impl_->chunks.look(bytes.substr(0, used))) return Chunks::kBad;
    impl_->wire_bytes += used;
    if (impl_->wire_bytes > 2 * body.size() + kFramingBytesFree) return Chunks::kBad;
    if (!parser.is_done() && bytes.size() - used > kFramingBytesMax) return Chunks::kFramingTooLong;
    return parser.is_done() ? Chunks::kDone : Chunks::kMore;
}

}  // namespace vz::http
