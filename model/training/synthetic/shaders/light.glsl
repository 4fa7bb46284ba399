// Lights, and what a mirror would see of them: shared by all surfaces. Camera frame, mm.
uniform vec3 light_direction[3];   // from the surface to the light
uniform vec3 light_colour[3];
uniform vec3 ambient_up;
uniform vec3 ambient_down;
uniform float exposure;
uniform vec3 panel_centre[4];      // screens, windows, lamps
uniform vec3 panel_right[4];       // unit axes over their half length
uniform vec3 panel_down[4];
uniform vec3 panel_colour[4];
uniform float panel_edge;
uniform sampler2D grain;           // noise: r fine, g coarse, b patches, a strands; tiles

// Linear up to the mid-tones; highlights roll off instead of clipping to flat colours.
vec3 film(vec3 light) {
    vec3 x = max(light * exposure, 0.0);
    return x / pow(1.0 + x * x * x, vec3(1.0 / 3.0));
}

#ifdef SIGHTS
uniform sampler2D sights;          // what screens, windows and lamps look like, see sights.py
uniform vec4 panel_sight[4];       // left, top of a panel's tile; gain; 0 for panels without one
uniform vec2 sight_size;           // of a tile
#endif

// What a ray from a point in a direction meets of the panels.
vec3 mirror(vec3 origin, vec3 direction, float softness) {
    vec3 sum = vec3(0.0);
    for (int k = 0; k < 4; k++) {
        if (panel_colour[k].g <= 0.0) break;  // no more of them
        vec3 n = cross(panel_right[k], panel_down[k]);
        float along = dot(direction, n);
        float t = dot(panel_centre[k] - origin, n) / along;
        if (t <= 0.0 || abs(along) < 1e-12) continue;
        vec3 offset = origin + t * direction - panel_centre[k];
        vec2 s = vec2(dot(offset, panel_right[k]), dot(offset, panel_down[k]));
        vec2 inside = 1.0 - smoothstep(1.0 - softness, 1.0 + softness, abs(s));
#ifdef SIGHTS
        vec2 on_tile = clamp(0.5 + 0.5 * s, 0.01, 0.99) * sight_size + panel_sight[k].xy;
        vec3 content = mix(vec3(1.0), panel_sight[k].z * texture(sights, on_tile).rgb, panel_sight[k].w);
#else
        float content = 0.65 + 0.7 * texture(grain, s * 0.11 + float(k) * 0.37).b;
#endif
        sum += panel_colour[k] * inside.x * inside.y * content;
    }
    return sum;
}

vec3 irradiance(vec3 n, vec3 wrap) {
    vec3 sum = mix(ambient_down, ambient_up, 0.5 - 0.5 * n.y);
    for (int k = 0; k < 3; k++) {
        float cosine = dot(n, light_direction[k]);
        sum += light_colour[k] * max((vec3(cosine) + wrap) / (1.0 + wrap), 0.0);
    }
    return sum;
}
