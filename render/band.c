// Response of the split and its application.
#include "render/band.h"

#include <math.h>

enum { BINS = BAND_TILE / 2 + 1 };

static const double HALF_AT = 0.5; // of the model's Nyquist frequency
static const double MAX_SIGMA = BAND_TILE / 24.0;
static const double REACH = 4.0; // in sigmas; what lies beyond is below a 16-bit step

struct band {
    int margin;
    float *high; // (BAND_TILE, BINS), share of the high band
    float *freq; // (BAND_TILE, BINS, 2), scratch
};

// Width in pixels of the Gaussian whose spectrum is one half at HALF_AT.
static double sigma_for(double scale)
{
    double half_frequency = HALF_AT * 0.5 / MAX(scale, 1.0); // cycles a pixel
    double sigma = sqrt(2.0 * G_LN2) / (2.0 * G_PI * half_frequency);

    return MIN(sigma, MAX_SIGMA);
}

// Spectrum of a Gaussian of that width at bin k of the tile.
static double spectrum(double sigma, int k)
{
    double t = 2.0 * G_PI * sigma * k / BAND_TILE;

    return exp(-0.5 * t * t);
}

struct band *band_new(double scale_x, double scale_y)
{
    struct band *band = g_new(struct band, 1);
    double sigma_x = sigma_for(scale_x), sigma_y = sigma_for(scale_y);

    band->margin = (int)ceil(REACH * MAX(sigma_x, sigma_y));
    band->high = g_new(float, BAND_TILE *BINS);
    band->freq = g_new(float, BAND_TILE *BINS * 2);
    for (int row = 0; row < BAND_TILE; row++) {
        double low_y = spectrum(sigma_y, MIN(row, BAND_TILE - row));

        for (int k = 0; k < BINS; k++) {
            band->high[row * BINS + k] = (float)(1.0 - low_y * spectrum(sigma_x, k));
        }
    }
    return band;
}

void band_free(struct band *band)
{
    if (band == NULL) {
        return;
    }
    g_free(band->high);
    g_free(band->freq);
    g_free(band);
}

int band_margin(const struct band *band)
{
    return band->margin;
}

bool band_keep_high(struct band *band, const struct transform *transform, float *tile,
                    GError **error)
{
    if (!transform->forward(transform->context, BAND_TILE, BAND_TILE, tile, band->freq, error)) {
        return false;
    }
    for (int i = 0; i < BAND_TILE * BINS; i++) {
        band->freq[2 * i] *= band->high[i];
        band->freq[2 * i + 1] *= band->high[i];
    }
    return transform->inverse(transform->context, BAND_TILE, BAND_TILE, band->freq, tile, error);
}
