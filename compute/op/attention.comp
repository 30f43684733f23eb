#version 450
#extension GL_GOOGLE_include_directive : require
#include "common.glsl"
#include "tile.glsl"

// y = softmax(scale q k^T) v for each head. A workgroup owns TILE queries of one head and walks over
// the keys a tile at a time, keeping the running maximum and sum of each row and rescaling what it
// has summed so far (Dao et al., FlashAttention, algorithm 1).
layout(constant_id = 1) const uint D = 64; // channels of a head
layout(constant_id = 2) const bool CAUSAL = false;

layout(push_constant, scalar) uniform Push {
    F32Out y; // (batch, queries, heads * D)
    F32 q;    // (batch, queries, heads * D)
    F32 k, v; // (batch, keys, heads * D)
    uint batch, heads, queries, keys;
    float scale;
};

const uint CHUNKS = (D + TILE - 1) / TILE; // of the head's channels
const uint AREA = SIDE * SIDE;
const uint PARTS = 256 / TILE; // invocations that share a row of scores
const uint SCORE_PITCH = TILE + 1;
const float HIDDEN = -3.0e38;

shared float score[TILE * SCORE_PITCH];
shared float part_max[256], part_sum[256];
shared float row_max[TILE], row_sum[TILE], row_factor[TILE];

float sum[CHUNKS * AREA];

// score = scale q k^T for queries from `query` on and keys from `key` on, HIDDEN where a key is not
// seen.
void fill_scores(uint at_q, uint at_k, uint query, uint key)
{
    float s[AREA];
    [[unroll]] for (uint i = 0; i < AREA; i++) {
        s[i] = 0;
    }
    uint pitch = heads * D;
    [[dont_unroll]] for (uint d = 0; d < D; d += DEPTH) {
        [[unroll]] for (uint i = 0; i < SIDE; i++) {
            uint c = ALONG_DEPTH(i), r = ALONG_SIDE(i);
            bool channel = d + c < D;
            tile_a[c * PITCH + r] =
                channel && query + r < queries ? q.v[at_q + (query + r) * pitch + d + c] : 0;
            tile_b[c * PITCH + r] =
                channel && key + r < keys ? k.v[at_k + (key + r) * pitch + d + c] : 0;
        }
        barrier();
        TILE_MULTIPLY(s, 0)
        barrier();
    }
    [[unroll]] for (uint i = 0; i < SIDE; i++) {
        [[unroll]] for (uint j = 0; j < SIDE; j++) {
            uint r = tile_row + i, c = tile_column + j;
            bool seen = key + c < keys && (!CAUSAL || key + c <= query + r);
            score[r * SCORE_PITCH + c] = seen ? scale * s[i * SIDE + j] : HIDDEN;
        }
    }
    barrier();
}

// Scores become exponentials relative to the new maximum of their row; row_factor is what the older
// sums are multiplied with.
void update_rows()
{
    uint r = gl_LocalInvocationIndex / PARTS, part = gl_LocalInvocationIndex % PARTS;
    float top = HIDDEN;
    [[dont_unroll]] for (uint c = part; c < TILE; c += PARTS) {
        top = max(top, score[r * SCORE_PITCH + c]);
    }
    part_max[gl_LocalInvocationIndex] = top;
    barrier();
    top = row_max[r];
    [[dont_unroll]] for (uint i = 0; i < PARTS; i++) {
        top = max(top, part_max[r * PARTS + i]);
    }
    float total = 0;
    [[dont_unroll]] for (uint c = part; c < TILE; c += PARTS) {
        float e = exp(score[r * SCORE_PITCH + c] - top);
        score[r * SCORE_PITCH + c] = e;
        total += e;
    }
    part_sum[gl_LocalInvocationIndex] = total;
    barrier();
    if (part == 0) {
        float factor = exp(row_max[r] - top);
        total = row_sum[r] * factor;
        [[dont_unroll]] for (uint i = 0; i < PARTS; i++) {
            total += part_sum[r * PARTS + i];
        }
        row_max[r] = top;
        row_sum[r] = total;
        row_factor[r] = factor;
    }
    barrier();
}

// sum = sum * row_factor + score v
void add_values(uint at_k, uint key)
{
    [[unroll]] for (uint chunk = 0; chunk < CHUNKS; chunk++) {
        [[unroll]] for (uint i = 0; i < AREA; i++) {
            sum[chunk * AREA + i] *= row_factor[tile_row + i / SIDE];
        }
        [[dont_unroll]] for (uint depth = 0; depth < TILE; depth += DEPTH) {
            [[unroll]] for (uint i = 0; i < SIDE; i++) {
                tile_a[ALONG_DEPTH(i) * PITCH + ALONG_SIDE(i)] =
                    score[ALONG_SIDE(i) * SCORE_PITCH + depth + ALONG_DEPTH(i)];
                uint j = key + depth + ACROSS_DEPTH(i), c = chunk * TILE + ACROSS_SIDE(i);
                tile_b[ACROSS_DEPTH(i) * PITCH + ACROSS_SIDE(i)] =
                    j < keys && c < D ? v.v[at_k + j * heads * D + c] : 0;
            }
            barrier();
            TILE_MULTIPLY(sum, chunk * AREA)
            barrier();
        }
    }
}

void main()
{
    uint tiles = (queries + TILE - 1) / TILE;
    for_each_row (item, batch * heads * tiles) {
        uint query = item % tiles * TILE;
        uint head = item / tiles % heads, image = item / tiles / heads;
        uint at_q = image * queries * heads * D + head * D;
        uint at_k = image * keys * heads * D + head * D;
        for (uint r = gl_LocalInvocationIndex; r < TILE; r += 256) {
            row_max[r] = HIDDEN;
            row_sum[r] = 0;
        }
        for (uint i = 0; i < CHUNKS * AREA; i++) {
            sum[i] = 0;
        }
        uint seen = CAUSAL ? min(keys, query + TILE) : keys;
        for (uint key = 0; key < seen; key += TILE) {
            fill_scores(at_q, at_k, query, key);
            update_rows();
            add_values(at_k, key);
        }
        for (uint i = 0; i < CHUNKS * AREA; i++) {
            uint r = tile_row + i % AREA / SIDE;
            uint c = i / AREA * TILE + tile_column + i % SIDE;
            if (query + r < queries && c < D) {
                y.v[at_q + (query + r) * heads * D + c] = sum[i] / row_sum[r];
            }
        }
        barrier(); // the next item begins with the row sums
    }
}
