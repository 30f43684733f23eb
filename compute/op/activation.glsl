// The activations of math.h, in the same formulas.

float sigmoid(float x)
{
    return 1.0 / (1.0 + exp(-x));
}

float silu(float x)
{
    return x * sigmoid(x);
}

float silu_slope(float x)
{
    float s = sigmoid(x);
    return s * (1.0 + x * (1.0 - s));
}

float quick_gelu(float x)
{
    return x * sigmoid(1.702 * x);
}

float quick_gelu_slope(float x)
{
    float s = sigmoid(1.702 * x);
    return s * (1.0 + 1.702 * x * (1.0 - s));
}

float normal_density(float x)
{
    return 0.398942280 * exp(-0.5 * x * x);
}

float normal_below(float x, float density)
{
    float t = 1.0 / (1.0 + 0.2316419 * abs(x));
    float p = 1.330274429;
    p = p * t - 1.821255978;
    p = p * t + 1.781477937;
    p = p * t - 0.356563782;
    p = p * t + 0.319381530;
    float tail = density * p * t;
    return x < 0 ? tail : 1.0 - tail;
}

float gelu(float x)
{
    return x * normal_below(x, normal_density(x));
}

float gelu_slope(float x)
{
    float density = normal_density(x);
    return normal_below(x, density) + x * density;
}
