#include "engine/index/quantizer.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "engine/index/score.hpp"

namespace vz {
namespace {

uint64_t next_random(uint64_t& state) {
    uint64_t z = (state += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

// Times the norm of a middling row: rows as long are few, and would be all there is to a mean.
constexpr float kLongRow = 16;

// Values looked at together: one by one, each would wait for the one before.
constexpr uint32_t kLanes = 4;
using Lanes [[gnu::vector_size(kLanes * sizeof(float))]] = float;
using Whole [[gnu::vector_size(kLanes * sizeof(int32_t))]] = int32_t;

Lanes lanes_at(const float* values) {
    Lanes lanes;
    std::memcpy(&lanes, values, sizeof lanes);
    return lanes;
}

struct Range {
    float scale;
    float low;

    // 0 where all values are one, or as good as one: the steps of denormals have no inverse.
    float inverse() const { return scale >= std::numeric_limits<float>::min() ? 1.0F / scale : 0.0F; }
};

Range range_of(std::span<const float> values) {
    float low = values.front();
    float high = low;
    size_t i = 0;
    if (values.size() >= kLanes) {
        Lanes lows = lanes_at(values.data());
        Lanes highs = lows;
        for (i = kLanes; i + kLanes <= values.size(); i += kLanes) {
            const Lanes lanes = lanes_at(values.data() + i);
            lows = lanes < lows ? lanes : lows;
            highs = lanes > highs ? lanes : highs;
        }
        for (uint32_t lane = 0; lane < kLanes; ++lane) {
            low = std::min(low, lows[lane]);
            high = std::max(high, highs[lane]);
        }
    }
    for (; i < values.size(); ++i) {
        low = std::min(low, values[i]);
        high = std::max(high, values[i]);
    }
    return {(high - low) / 255.0F, low};
}

// 0 of what is no number: sums of very long rows may be none.
int32_t code_of(float value, const Range& range, float inverse) {
    return static_cast<int32_t>(std::min(std::max(0.0F, (value - range.low) * inverse + 0.5F), 255.0F));
}

}  // namespace

Rotation::Rotation(uint32_t dim, uint64_t seed)
    : dim_(dim),
      block_(std::bit_floor(dim)),
      scale_(1.0F / std::sqrt(static_cast<float>(block_))),
      signs_(2 * size_t{dim}) {
    for (float& sign : signs_) sign = (next_random(seed) & 1) != 0 ? 1.0F : -1.0F;
}

void Rotation::apply(float* values) const {
    const auto turn = [this](float* first) {
        kernels().hadamard(first, block_);
        for (uint32_t i = 0; i < block_; ++i) first[i] *= scale_;
    };
    for (uint32_t round = 0; round < 2; ++round) {
        const float* signs = signs_.data() + size_t{round} * dim_;
        for (uint32_t i = 0; i < dim_; ++i) values[i] *= signs[i];
        turn(values);
        if (block_ != dim_) turn(values + (dim_ - block_));
    }
}

Quantizer::Quantizer(vz_metric metric, const BlockShape& shape, uint64_t seed, std::vector<float> mean)
    : metric_(metric), shape_(shape), rotation_(shape.dim, seed), mean_(std::move(mean)) {
    if (shape.layout == Layout::kSq8) mean_.resize(shape.dim);
}

bool Quantizer::are_bytes(const float* row, uint32_t dim) {
    uint32_t i = 0;
    for (; i + kLanes <= dim; i += kLanes) {
        const Lanes lanes = lanes_at(row + i);
        const Lanes bounded = lanes >= 0.0F ? (lanes <= 255.0F ? lanes : Lanes{}) : Lanes{};
        const Whole others = __builtin_convertvector(__builtin_convertvector(bounded, Whole), Lanes) != lanes;
        int32_t any = 0;
        for (uint32_t lane = 0; lane < kLanes; ++lane) any |= others[lane];
        if (any != 0) return false;
    }
    for (; i < dim; ++i) {
        if (!(row[i] >= 0.0F && row[i] <= 255.0F) || row[i] != static_cast<float>(static_cast<uint8_t>(row[i])))
            return false;
    }
    return true;
}

std::vector<float> Quantizer::mean_of(vz_metric metric, uint32_t dim, std::span<const float* const> rows) {
    std::vector<float> mean(dim);
    if (rows.empty()) return mean;
    std::vector<float> norms;
    for (const float* row : rows) norms.push_back(row_norm(row, dim));
    std::vector<float> ordered = norms;
    const auto middle = ordered.begin() + static_cast<ptrdiff_t>(ordered.size() / 2);
    std::nth_element(ordered.begin(), middle, ordered.end());
    const float longest = *middle > 0.0F && metric != VZ_COSINE ? kLongRow * *middle : INFINITY;
    std::vector<double> sums(dim);
    uint32_t count = 0;
    for (size_t at = 0; at < rows.size(); ++at) {
        if (norms[at] > longest) continue;
        ++count;
        const float divisor = metric == VZ_COSINE ? norms[at] : 1.0F;
        for (uint32_t i = 0; i < dim && divisor != 0.0F; ++i) sums[i] += static_cast<double>(rows[at][i] / divisor);
    }
    for (uint32_t i = 0; i < dim; ++i) mean[i] = static_cast<float>(sums[i] / count);
    return mean;
}

void Quantizer::centre(const float* row, std::vector<float>& out) const {
    out.resize(shape_.dim);
    const float norm = metric_ == VZ_COSINE ? row_norm(row, shape_.dim) : 1.0F;
    // Divided, as the inverse of a denormal norm is infinite.
    for (uint32_t i = 0; i < shape_.dim; ++i) out[i] = (norm > 0.0F ? row[i] / norm : 0.0F) - mean_[i];
    rotation_.apply(out.data());
}

void Quantizer::encode(const float* row, std::byte* block, std::vector<float>& scratch) const {
    BlockHeader header = {};
    const uint32_t dim = shape_.dim;
    header.norm = row_norm(row, dim);
    auto* codes = reinterpret_cast<uint8_t*>(block + shape_.codes_at);
    std::memset(block, 0, shape_.row_bytes());
    if (shape_.layout == Layout::kFp32) {
        header.norm2 = header.norm * header.norm;
    } else if (shape_.layout == Layout::kBytes) {
        header.scale = 1.0F;
        int64_t sum = 0;
        double norm2 = 0;
        for (uint32_t i = 0; i < dim; ++i) {
            codes[i] = static_cast<uint8_t>(row[i]);
            sum += codes[i];
            norm2 += static_cast<double>(codes[i]) * codes[i];
        }
        header.code_sum = static_cast<int32_t>(sum);
        header.norm2 = static_cast<float>(norm2);
    } else {
        centre(row, scratch);
        const Range range = range_of(scratch);
        const float inverse = range.inverse();
        int32_t sum = 0;
        double norm2 = 0;
        double error2 = 0;
        for (uint32_t i = 0; i < dim; ++i) {
            codes[i] = static_cast<uint8_t>(code_of(scratch[i], range, inverse));
            sum += codes[i];
            const double decoded = static_cast<double>(range.low + range.scale * static_cast<float>(codes[i]));
            const double difference = decoded - static_cast<double>(scratch[i]);
            norm2 += decoded * decoded;
            error2 += difference * difference;
        }
        header.scale = range.scale;
        header.offset = range.low;
        header.code_sum = sum;
        // A zero vector scores 0 against everything: as far from a unit query as one at a right angle to it.
        header.norm2 = static_cast<float>(norm2) + (metric_ == VZ_COSINE && header.norm == 0.0F ? 1.0F : 0.0F);
        header.error = static_cast<float>(std::sqrt(error2));
    }
    std::memcpy(block + shape_.header_at, &header, sizeof header);
}

namespace {

// Rows to prefetch ahead. Measured at 100 and 784 values a row: 8 to 10 rows and 24 to 42 lines in flight are best, 96
// lines are 4 % slower, for a prefetch waits where no buffer is free.
uint32_t rows_ahead(uint32_t row_bytes) {
    constexpr uint32_t kLinesAhead = 30;
    return std::clamp(64 * kLinesAhead / row_bytes, 3U, 10U);
}

void place(const BlockShape& shape, CodedQuery& query) {
    query.padded_dim = shape.padded_dim;
    query.ahead = rows_ahead(shape.row_bytes());
    query.header_at = shape.header_at;
    query.codes_at = shape.codes_at;
}

// With the query decoded as low + step (code + 128), see CodedQuery: squared L2 of two decoded rows, or minus their dot
// product.
void set_factors(CodedRow& out, uint32_t dim, float low, float step, float square, bool is_l2) {
    int32_t sum = 0;
    const int8_t* codes = out.codes.data();
    for (uint32_t i = 0; i < dim; ++i) sum += codes[i];
    const float centre = low + 128.0F * step;
    const float factor = is_l2 ? -2.0F : -1.0F;
    out.query.codes = out.codes.data();
    out.query.norm2_factor = is_l2 ? 1.0F : 0.0F;
    out.query.constant = is_l2 ? square : 0.0F;
    out.query.offset_factor = factor * (centre * static_cast<float>(dim) + step * static_cast<float>(sum));
    out.query.dot_factor = factor * step;
    out.query.sum_factor = factor * centre;
}

}  // namespace

namespace {

// 0..255 to -128..127, eight at a time; `count` is a multiple of 64.
void flip(const uint8_t* codes, int8_t* out, uint32_t count) {
    for (uint32_t i = 0; i < count; i += 8) {
        uint64_t eight = 0;
        std::memcpy(&eight, codes + i, 8);
        eight ^= 0x8080'8080'8080'8080ULL;
        std::memcpy(out + i, &eight, 8);
    }
}

}  // namespace

void Quantizer::prepare_query(const float* values, CodedRow& out) const {
    const uint32_t dim = shape_.dim;
    out.is_row = false;
    out.values = values;
    out.norm = row_norm(values, dim);
    if (shape_.layout == Layout::kFp32) return;
    place(shape_, out.query);
    out.codes.assign(shape_.padded_dim, metric_ == VZ_MANHATTAN ? int8_t{-128} : int8_t{0});
    const bool is_l2 = metric_ != VZ_DOT;
    float constant = 0;
    if (shape_.layout == Layout::kSq8) {
        if (is_l2) {
            centre(values, out.rotated);
        } else {
            out.rotated.assign(values, values + dim);
            rotation_.apply(out.rotated.data());
            constant = -kernels().dot(values, mean_.data(), dim);
        }
    } else {
        out.rotated.assign(values, values + dim);
    }
    // Under manhattan codes are compared as they are. Cut off at 0 and 255, a value is farther from all bytes by the
    // same.
    const bool as_bytes = shape_.layout == Layout::kBytes && (metric_ == VZ_MANHATTAN || are_bytes(values, dim));
    const Range range = as_bytes ? Range{1.0F, 0.0F} : range_of(out.rotated);
    const float inverse = range.inverse();
    int8_t* codes = out.codes.data();
    float* rotated = out.rotated.data();
    for (uint32_t i = 0; i < dim; ++i) {
        const int32_t code = code_of(rotated[i], range, inverse);
        codes[i] = static_cast<int8_t>(code - 128);
        rotated[i] = range.low + range.scale * static_cast<float>(code);
    }
    // The same for all rows: its rounding moves no row before another.
    float square = kernels().dot(rotated, rotated, dim);
    if (!std::isfinite(square)) square = 0;
    set_factors(out, dim, range.low, range.scale, square, is_l2);
    out.query.constant += constant;
}

void Quantizer::prepare_row(const std::byte* block, const float* row, CodedRow& out) const {
    const BlockHeader& header = header_of(shape_, block);
    out.is_row = true;
    out.by_dot = false;
    out.values = row;
    out.norm = header.norm;
    if (shape_.layout == Layout::kFp32) return;
    place(shape_, out.query);
    out.codes.resize(shape_.padded_dim);
    flip(codes_of(shape_, block), out.codes.data(), shape_.padded_dim);
    if (metric_ != VZ_MANHATTAN) std::memset(out.codes.data() + shape_.dim, 0, shape_.padded_dim - shape_.dim);
    const float centre_value = header.offset + 128.0F * header.scale;
    const auto sum = static_cast<float>(int64_t{header.code_sum} - int64_t{128} * shape_.dim);
    out.query.codes = out.codes.data();
    out.query.norm2_factor = 1.0F;
    out.query.constant = header.norm2;
    out.query.offset_factor = -2.0F * (centre_value * static_cast<float>(shape_.dim) + header.scale * sum);
    out.query.dot_factor = -2.0F * header.scale;
    out.query.sum_factor = -2.0F * centre_value;
}

}  // namespace vz
